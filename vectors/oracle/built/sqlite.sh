# SQLite's shell: the one file that the sources become is the same for every target.
# sources sqlite3
unpack sqlite3
cd sqlite3
./configure --disable-tcl --disable-readline --enable-fts5
make sqlite3.c shell.c
mkdir -p "$ROOT/usr/bin"
"$HOST-gcc" -O2 -DSQLITE_ENABLE_FTS3 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS \
    -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_JSON1 shell.c sqlite3.c -o "$ROOT/usr/bin/sqlite3" -lm -lpthread -ldl
libraries
