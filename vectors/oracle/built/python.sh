# Python with the libraries its modules want. It is built with this machine's Python of the same version.
# sources zlib bzip2 xz-utils libffi sqlite3 python3.11
for source in zlib bzip2 xz-utils libffi sqlite3 python3.11; do unpack "$source"; done
stage=$PWD/stage
mkdir -p "$stage/usr/include" "$stage/usr/lib"
(cd zlib && CC="$HOST-gcc" CFLAGS='-O2 -fPIC' ./configure --prefix=/usr --static && make libz.a
 cp zlib.h zconf.h "$stage/usr/include/" && cp libz.a "$stage/usr/lib/")
(cd bzip2 && make CC="$HOST-gcc" AR="$HOST-ar" RANLIB="$HOST-ranlib" CFLAGS='-O2 -fPIC -D_FILE_OFFSET_BITS=64' libbz2.a
 cp bzlib.h "$stage/usr/include/" && cp libbz2.a "$stage/usr/lib/")
(cd xz-utils && ./configure --host="$HOST" --prefix=/usr --disable-shared --with-pic --disable-nls --disable-xz \
    --disable-xzdec --disable-lzmadec --disable-lzmainfo --disable-scripts --disable-doc
 make && make install DESTDIR="$stage")
(cd libffi && ./configure --host="$HOST" --prefix=/usr --libdir=/usr/lib --disable-shared --with-pic --disable-docs \
    --disable-multi-os-directory
 make && make install DESTDIR="$stage")
(cd sqlite3 && ./configure --disable-tcl --disable-readline && make sqlite3.c
 "$HOST-gcc" -O2 -fPIC -DSQLITE_ENABLE_MATH_FUNCTIONS -c sqlite3.c && "$HOST-ar" rcs "$stage/usr/lib/libsqlite3.a" sqlite3.o
 cp sqlite3.h sqlite3ext.h "$stage/usr/include/")
rm -f "$stage"/usr/lib/*.la
cd python3.11
PKG_CONFIG_LIBDIR=$stage/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$stage \
CPPFLAGS="-I$stage/usr/include" LDFLAGS="-L$stage/usr/lib" LIBSQLITE3_LIBS='-lsqlite3 -lm' \
    ./configure --host="$HOST" --build="$(gcc -dumpmachine)" --with-build-python=/usr/bin/python3.11 --prefix=/usr \
    --without-ensurepip --disable-ipv6 --disable-test-modules ac_cv_file__dev_ptmx=yes ac_cv_file__dev_ptc=no \
    ac_cv_buggy_getaddrinfo=no
make
# Named by this machine's Python, installed by the name that the patched Makefile has.
data=$(cat pybuilddir.txt)/_sysconfigdata_
cp "${data}_linux_$HOST.py" "${data}_$HOST.py"
make install DESTDIR="$ROOT"
rm -rf "$ROOT"/usr/lib/python3.11/test "$ROOT"/usr/lib/python3.11/config-* "$ROOT"/usr/lib/python3.11/idlelib \
    "$ROOT"/usr/lib/libpython*.a "$ROOT"/usr/include "$ROOT"/usr/share
libraries
