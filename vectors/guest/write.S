# Writes "dropped\n" and ends. 128 bytes: one program header, nine instructions, the text.
# mipsel: bytes of write.mipsel; mips: bytes of write.mips. Laid out by hand, not linked.
        .set    noreorder
        li      $a0, 1
        lui     $a1, 0x40
        ori     $a1, $a1, 0x78          # text at 0x400078
        li      $a2, 8
        li      $v0, 4004               # write
        syscall
        li      $a0, 0
        li      $v0, 4001               # exit
        syscall
        .ascii  "dropped\n"
