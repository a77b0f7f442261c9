# Perl as Debian builds perl-base: the interpreter alone, its modules beside it. What Configure would find out by running
# programs on the target is Debian's for mipsel, its byte orders turned round.
# sources perl
unpack perl
cd perl
turned=debian/cross/mips/config.sh.static
sed -e 's/mipsel/mips/g' \
    -e "s/^byteorder=.*/byteorder='87654321'/" -e "s/^doublekind=.*/doublekind='4'/" \
    -e "s/^\(doubleinf\|longdblinf\)bytes=.*/\1bytes='0x7f, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00'/" \
    -e "s/^\(doublenan\|longdblnan\)bytes=.*/\1bytes='0x7f, 0xf8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00'/" \
    -e "s/^libs=.*/libs='-ldl -lm -lpthread -lc'/" -e "s/^perllibs=.*/perllibs='-ldl -lm -lpthread -lc'/" \
    -e "s/^libswanted=.*/libswanted='dl m pthread c'/" \
    -e "s/^\(d_crypt\|d_crypt_r\|d_ndbm\|i_crypt\|i_db\|i_dbm\|i_gdbm\|i_gdbm_ndbm\|i_ndbm\)=.*/\1='undef'/" \
    -e '/^\(dynamic_ext\|extensions\)=/s/ DB_File\| GDBM_File\| NDBM_File\| ODBM_File//g' \
    debian/cross/mipsel/config.sh.static > "$turned"
export BUILD_ZLIB=1 BUILD_BZIP2=1
export DEB_HOST_ARCH=mips DEB_HOST_ARCH_CPU=mips DEB_HOST_GNU_TYPE="$HOST" DEB_HOST_MULTIARCH="$HOST"
: > patchlevel-debian.h
bash debian/config.debian --static
cd build-static
ln -sf ../patchlevel-debian.h .
make perl
make
make install.perl DESTDIR="$ROOT"
rm -rf "$ROOT"/usr/share/perl/*/pod "$ROOT"/usr/lib/"$HOST"/perl/*/CORE
libraries
