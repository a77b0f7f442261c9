#!/bin/sh
# Builds the committed samples again. Needs gcc-mipsel-linux-gnu. Other compilers give other bytes, same deeds.
set -eu
cd "$(dirname "$0")"
for name in beacon lookup; do
	mipsel-linux-gnu-gcc -std=c11 -Wall -Wextra -Os -nostdlib -static -ffreestanding -fno-builtin -march=mips32r2 \
		-mno-abicalls -fno-pic -fno-asynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,max-page-size=4096 \
		-Wl,-z,noseparate-code -s -o "$name.mipsel" "$name.c"
	chmod 644 "$name.mipsel"
done
