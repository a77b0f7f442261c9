//! Error numbers a guest can see; key type [`Errno`], numbered by [`Numbering`] (abi.rs).
//!
//! Names carry no messages: the guest's own libc has them. Specification: errno(3) and the kernel's
//! `asm/errno.h` of each architecture; x86, ARM, PowerPC and RISC-V share the generic column.
use crate::abi::Numbering;

/// Defines [`Errno`] from rows `NAME = generic, mips;` so that no name is listed twice.
macro_rules! errno_table {
    ($($name:ident = $generic:literal, $mips:literal;)*) => {
        /// A reason why a system call failed; each variant is the symbol of errno(3).
        #[allow(clippy::upper_case_acronyms, missing_docs, reason = "the names are those of errno(3)")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Errno { $($name),* }

        /// Every error with its number per architecture: name, generic, MIPS.
        const TABLE: &[(Errno, &str, u16, u16)] = &[$((Errno::$name, stringify!($name), $generic, $mips)),*];
    };
}

errno_table! {
    EPERM = 1, 1;
    ENOENT = 2, 2;
    ESRCH = 3, 3;
    EINTR = 4, 4;
    EIO = 5, 5;
    ENXIO = 6, 6;
    E2BIG = 7, 7;
    ENOEXEC = 8, 8;
    EBADF = 9, 9;
    ECHILD = 10, 10;
    EAGAIN = 11, 11;
    ENOMEM = 12, 12;
    EACCES = 13, 13;
    EFAULT = 14, 14;
    ENOTBLK = 15, 15;
    EBUSY = 16, 16;
    EEXIST = 17, 17;
    EXDEV = 18, 18;
    ENODEV = 19, 19;
    ENOTDIR = 20, 20;
    EISDIR = 21, 21;
    EINVAL = 22, 22;
    ENFILE = 23, 23;
    EMFILE = 24, 24;
    ENOTTY = 25, 25;
    ETXTBSY = 26, 26;
    EFBIG = 27, 27;
    ENOSPC = 28, 28;
    ESPIPE = 29, 29;
    EROFS = 30, 30;
    EMLINK = 31, 31;
    EPIPE = 32, 32;
    EDOM = 33, 33;
    ERANGE = 34, 34;
    EDEADLK = 35, 45;
    ENAMETOOLONG = 36, 78;
    ENOLCK = 37, 46;
    ENOSYS = 38, 89;
    ENOTEMPTY = 39, 93;
    ELOOP = 40, 90;
    ENOMSG = 42, 35;
    EIDRM = 43, 36;
    ENODATA = 61, 61;
    ETIME = 62, 62;
    ENOPKG = 65, 65;
    EPROTO = 71, 71;
    EBADMSG = 74, 77;
    ELIBBAD = 80, 84;
    EOVERFLOW = 75, 79;
    EILSEQ = 84, 88;
    ENOTSOCK = 88, 95;
    EDESTADDRREQ = 89, 96;
    EMSGSIZE = 90, 97;
    EPROTOTYPE = 91, 98;
    ENOPROTOOPT = 92, 99;
    EPROTONOSUPPORT = 93, 120;
    ESOCKTNOSUPPORT = 94, 121;
    EOPNOTSUPP = 95, 122;
    EPFNOSUPPORT = 96, 123;
    EAFNOSUPPORT = 97, 124;
    EADDRINUSE = 98, 125;
    EADDRNOTAVAIL = 99, 126;
    ENETDOWN = 100, 127;
    ENETUNREACH = 101, 128;
    ENETRESET = 102, 129;
    ECONNABORTED = 103, 130;
    ECONNRESET = 104, 131;
    ENOBUFS = 105, 132;
    EISCONN = 106, 133;
    ENOTCONN = 107, 134;
    ESHUTDOWN = 108, 143;
    ETOOMANYREFS = 109, 144;
    ETIMEDOUT = 110, 145;
    ECONNREFUSED = 111, 146;
    EHOSTDOWN = 112, 147;
    EHOSTUNREACH = 113, 148;
    EALREADY = 114, 149;
    EINPROGRESS = 115, 150;
    ESTALE = 116, 151;
    EDQUOT = 122, 1133;
    ENOMEDIUM = 123, 159;
    ECANCELED = 125, 158;
    EOWNERDEAD = 130, 165;
    ENOTRECOVERABLE = 131, 166;
}

impl Errno {
    /// The number a guest of that architecture family expects.
    pub fn number(self, numbering: Numbering) -> u16 {
        let (_, _, generic, mips) = self.row();
        match numbering {
            Numbering::Generic => generic,
            Numbering::Mips => mips,
        }
    }

    /// The symbol, as strace prints it.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The error with that number, if there is one.
    pub fn from_number(number: u16, numbering: Numbering) -> Option<Errno> {
        TABLE.iter().find(|row| row.0.number(numbering) == number).map(|row| row.0)
    }

    fn row(self) -> (Errno, &'static str, u16, u16) {
        TABLE.get(self as usize).copied().unwrap_or((Errno::ENOSYS, "ENOSYS", 38, 89))
    }
}

impl core::fmt::Display for Errno {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_own_variant() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.0 as usize, index, "{}", row.1);
            assert_eq!(Errno::from_number(row.2, Numbering::Generic), Some(row.0));
            assert_eq!(Errno::from_number(row.3, Numbering::Mips), Some(row.0));
        }
    }

    #[test]
    fn mips_differs_where_the_kernel_headers_differ() {
        assert_eq!(Errno::ENOSYS.number(Numbering::Mips), 89);
        assert_eq!(Errno::ECONNREFUSED.number(Numbering::Generic), 111);
        assert_eq!(Errno::ECONNREFUSED.number(Numbering::Mips), 146);
        assert_eq!(Errno::ELOOP.name(), "ELOOP");
    }
}
