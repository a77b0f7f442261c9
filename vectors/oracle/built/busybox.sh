# Debian's static busybox.
# sources busybox
unpack busybox
cd busybox
cp debian/config/pkg/static .config
yes '' | make oldconfig
make CROSS_COMPILE="$HOST-" SKIP_STRIP=y CFLAGS=-w busybox
mkdir -p "$ROOT/bin"
cp busybox "$ROOT/bin/"
