//! Longer rows of operations that often follow each other: [`recorded`], for [`super::join`].
//!
//! Counted while busybox's shell, hashes, gzip, sort, awk and sed, python and sqlite ran: those that save most jumps, over
//! what the pairs save. Order does not matter.

/// Appends the rows, with the names as they are where this is called.
macro_rules! recorded {
    ($rows:ident) => {
        crate::chain::joins! { Cpu, $rows, often;
            (Add<false>, Load<U32, OFFSET>, Add<false>)
            (Add<false>, Load<U32, OFFSET>, Add<false>, Load<U32, OFFSET>, Add<false>)
            (Add<false>, Load<U8, OFFSET>, Add<false>, Load<U32, OFFSET>, Add<false>, RorConstant<false>, Add<false>,
                Load<U32, INDEX>)
            (Add<false>, RorConstant<false>, Add<false>, AddConstant<false>, AddConstant<false>, RorConstant<false>,
                Add<false>, AndConstant)
            (Add<false>, RorConstant<false>, Add<false>, Eor<false>, RorConstant<false>, Eor<false>, And<false>,
                Eor<false>)
            (Add<false>, Store<U32, OFFSET>, CompareConstant<1, false>)
            (Add<false>, Store<U32, OFFSET>, CompareConstant<1, false>, Goto)
            (Add<true>, Add<true>, CompareConstant<8, true>, CompareConstant<8, true>, CompareConstant<3, true>,
                Load<Q, OFFSET>, Load<Q, OFFSET>, Store<Q, OFFSET>)
            (Add<true>, Load<U8, INDEX>, AndConstant, SignExtract<true>, SubsConstant<false>, CompareIf<false>,
                Conditional<10>, Zero<true>)
            (Add<true>, Load<U8, INDEX>, Load<U64, OFFSET>, SubsConstant<false>, Select<1, 0, true>,
                LoadPair<U64, POST>, JumpRegister)
            (Add<true>, Load<U8, POST>, NotZero<false>, Goto)
            (AddConstant<false>, AddConstant<false>, SignExtract<true>, Load<U32, INDEX>, SignExtract<true>,
                Load<U32, INDEX>, Eor<false>, AddConstant<false>)
            (AddConstant<false>, AddConstant<true>, AndConstant, CompareConstant<9, false>, Goto)
            (AddConstant<false>, AddsConstant<true>, RightAndMask, Conditional<0>, BitSet, Load<U64, OFFSET>, Copy,
                Call)
            (AddConstant<false>, Load<U8, OFFSET>, NotZero<false>, Constant)
            (AddConstant<false>, RightAndMask, Eor<true>, Load<U8, OFFSET>, Store<U64, OFFSET>, Store<U16, OFFSET>,
                Store<U64, OFFSET>, Zero<false>)
            (AddConstant<true>, AddConstant<true>, Constant, StorePair<Q, OFFSET>, StorePair<Q, OFFSET>,
                StorePair<Q, OFFSET>, StorePair<Q, OFFSET>)
            (AddConstant<true>, LeftAndMask, Add<true>, Store<U32, INDEX>, Subs<false>, CompareIf<false>,
                AddConstant<true>, Conditional<2>)
            (AddConstant<true>, Load<U32, OFFSET>, Constant, And<false>, AndsConstant<false>, Conditional<1>)
            (AddConstant<true>, Load<U8, OFFSET>, NotZero<false>, Goto)
            (AddConstant<true>, Load<U8, OFFSET>, Store<U64, OFFSET>, Constant, Load<U32, INDEX>, NotZero<false>,
                Load<U64, OFFSET>, BitClear)
            (AddConstant<true>, Load<U8, OFFSET>, Zero<false>, Goto)
            (AddConstant<true>, StorePair<U64, OFFSET>, AddConstant<true>, StorePair<U64, OFFSET>, PageAddress, Copy,
                Load<U64, OFFSET>)
            (AddConstant<true>, StorePair<U64, OFFSET>, AddConstant<true>, StorePair<U64, OFFSET>, PageAddress, Copy,
                Load<U64, OFFSET>, Load<U8, OFFSET>)
            (AddConstant<true>, StorePair<U64, OFFSET>, Copy, Load<U64, PAGE>)
            (AddConstant<true>, Zero<false>, Goto)
            (AddShifted<true>, AddConstant<false>, Load<U64, OFFSET>, RightAndMask, Eor<true>, StorePair<U64, OFFSET>,
                Store<U64, OFFSET>, Store<U16, INDEX>)
            (AddShifted<true>, RightAndMask, Add<true>, AddConstant<true>, And<true>, CompareConstant<12, false>)
            (AddsConstant<false>, Load<U64, OFFSET>, Conditional<1>, Copy, Call)
            (And<false>, Lsr<false>, Load<U64, INDEX>, Lsr<false>, Lsr<false>, And<true>, BitSet, AddConstant<true>)
            (And<false>, SubsConstant<false>, PageAddress, Select<1, 1, false>, Store<U32, OFFSET>, Load<U64, PAGE>,
                Store<U64, OFFSET>, Load<U64, PAGE>)
            (And<true>, Copy, Lsl<false>, Zero<false>, Load<U64, OFFSET>, PageAddress, CompareRegister<1, false>,
                Add<true>)
            (AndConstant, CompareConstant<8, true>, LoadPair<U64, OFFSET>, Constant)
            (AndConstant, SignExtract<true>, Load<U8, INDEX>, Orr<false>, Store<U16, INDEX>, SignExtract<true>,
                Load<U8, INDEX>, Zero<false>)
            (AndConstant, SubsConstant<true>, AddConstant<true>, Load<U64, OFFSET>, RightAndMask, Select<8, 0, true>,
                Zero<true>, Load<U64, PAGE>)
            (Ands<false>, Conditional<0>, Load<U64, OFFSET>, AddConstant<false>, BitSet, Copy,
                CompareConstant<12, true>, CompareConstant<12, true>)
            (BitClear, Load<U32, OFFSET>, Load<U32, OFFSET>, Store<U32, OFFSET>, Store<U32, OFFSET>, JumpRegister)
            (BitSet, AddConstant<true>, Copy, Load<U8, OFFSET>, Store<U64, OFFSET>, NotZero<false>, ThreadPointer,
                AddConstant<true>)
            (CompareConstant<0, false>, CompareConstant<0, false>, CompareConstant<0, false>,
                CompareConstant<0, false>, CompareConstant<0, false>)
            (CompareConstant<0, false>, Conditional<8>, CompareConstant<0, false>)
            (CompareConstant<0, false>, Load<U8, OFFSET>, Add<true>, Constant, LoadPair<U64, OFFSET>, Lsl<false>,
                Add<true>, LoadPair<U64, OFFSET>)
            (CompareConstant<3, true>, Add<true>, CompareConstant<2, true>, Constant, RightAndMask, And<true>,
                Sub<true>, Store<Q, OFFSET>)
            (CompareConstant<8, false>, Load<U64, OFFSET>, LeftAndMask, Load<U16, INDEX>, Address, SignExtract<true>,
                Add<true>, JumpRegister)
            (CompareConstant<8, false>, PageAddress, LeftAndMask, Load<U16, INDEX>, Address, SignExtract<true>,
                Add<true>, JumpRegister)
            (CompareRegister<3, false>, AndsConstant<true>, Conditional<1>, CompareConstant<9, true>, AndConstant,
                BitSet, ThreadPointer, CopyWord)
            (Constant, Constant, CompareRegister<0, false>, Load<U32, OFFSET>, SubsConstant<false>,
                Select<1, 1, false>, JumpRegister)
            (Constant, Load<U64, OFFSET>, StorePair<U64, OFFSET>, Constant, AddConstant<true>, Store<U64, OFFSET>,
                Load<U32, OFFSET>, CompareConstant<8, false>)
            (Constant, Load<U8, INDEX>, Load<U8, INDEX>, CompareRegister<0, false>, Goto)
            (Constant, Load<U8, OFFSET>, Store<U16, OFFSET>, LeftAndMask, Orr<false>, SignExtract<true>,
                Store<U64, OFFSET>, JumpRegister)
            (Copy, AddConstant<true>, Load<U64, OFFSET>, Zero<true>, AddConstant<true>, Load<U8, OFFSET>,
                NotZero<false>, BitClear)
            (Copy, Constant, Call)
            (Copy, Copy, Call)
            (Copy, Copy, Copy, Copy, Copy, Copy, And<true>, RorConstant<true>)
            (Copy, Copy, Load<U8, OFFSET>, NotZero<false>)
            (Copy, Copy, Load<U8, OFFSET>, NotZero<false>, Load<U8, OFFSET>)
            (Copy, Store<U64, OFFSET>, Call)
            (CopyWord, CopyWord, AddsConstant<false>, Conditional<1>)
            (CopyWord, CopyWord, AddsConstant<false>, Conditional<1>, AddConstant<true>, CompareConstant<1, true>,
                Goto)
            (CopyWord, CopyWord, CopyWord)
            (CopyWord, CopyWord, CopyWord, CopyWord)
            (CopyWord, CopyWord, CopyWord, CopyWord, CopyWord)
            (CopyWord, CopyWord, CopyWord, CopyWord, CopyWord, CopyWord)
            (CopyWord, CopyWord, CopyWord, Goto)
            (CopyWord, PageAddress, StorePair<U64, PRE>)
            (Eor<false>, Add<false>, Add<false>, RorConstant<false>, Add<false>)
            (Eor<false>, Add<false>, Add<false>, RorConstant<false>, Add<false>, CompareConstant<1, false>, Goto)
            (Eor<true>, Load<U64, OFFSET>, Add<true>, Load<U64, OFFSET>, Add<true>, Add<true>, Store<U64, OFFSET>,
                CompareConstant<1, false>)
            (EorConstant<true>, RightAndMask, RightAndMask, AddShifted<true>, PageAddress, Add<true>,
                Store<U64, OFFSET>, BitClear)
            (Keep, Keep, Keep, Keep)
            (LeftAndMask, Add<false>, Store<U16, OFFSET>, AndConstant, SubsConstant<false>, Select<2, 0, false>,
                Store<U16, OFFSET>, JumpRegister)
            (LeftAndMask, Add<true>, CopyWord, SignExtract<true>, SignExtract<true>, Load<U8, INDEX>,
                CompareRegister<1, false>, Add<true>)
            (LeftAndMask, Add<true>, LeftAndMask, Store<U8, INDEX>, Constant, CompareRegister<8, false>,
                Store<U8, OFFSET>, AddConstant<false>)
            (LeftAndMask, Add<true>, Load<U16, INDEX>, Zero<false>, Goto)
            (LeftAndMask, Add<true>, Select<2, 0, false>, LeftAndMask, Load<U8, INDEX>, CopyWord, Sub<false>,
                Load<U8, OFFSET>)
            (LeftAndMask, AndConstant, Store<U32, OFFSET>, AddConstant<false>, LeftAndMask, Load<U16, INDEX>,
                Store<U16, INDEX>, Store<U16, INDEX>)
            (LeftAndMask, Load<U16, INDEX>, CompareRegister<2, false>, SubsConstant<false>, Conditional<1>)
            (LeftAndMask, Load<U16, INDEX>, CompareRegister<2, false>, SubsConstant<false>, Conditional<1>, Goto)
            (LeftAndMask, Store<U8, INDEX>, Constant, CompareRegister<8, false>, Store<U8, OFFSET>,
                AddConstant<false>, Store<U32, OFFSET>)
            (LeftAndMask, Store<U8, INDEX>, SignExtract<true>, AddConstant<true>, NotZero<false>, AddShifted<true>,
                Load<U16, OFFSET>, AddConstant<false>)
            (Load<I8, INDEX>, BitSet, LeftAndMask, Load<U64, INDEX>, CompareRegister<0, false>, Load<U64, OFFSET>,
                CompareRegister<0, false>)
            (Load<U16, INDEX>, SubsConstant<false>, Select<2, 0, false>, AddConstant<false>, Store<U16, INDEX>,
                AddConstant<true>, CompareConstant<1, true>, Goto)
            (Load<U16, OFFSET>, AddConstant<true>, Load<U8, OFFSET>, Copy, SubsConstant<false>, Load<U16, OFFSET>)
            (Load<U16, OFFSET>, SubsConstant<false>, Select<2, 0, false>, AddConstant<false>, Store<U16, POST>,
                CompareRegister<1, false>, Goto)
            (Load<U32, INDEX>, AddConstant<true>, Rev32<true>, Store<U32, OFFSET>, Store<U32, POST>,
                CompareConstant<1, true>)
            (Load<U32, INDEX>, AddConstant<true>, Rev32<true>, Store<U32, OFFSET>, Store<U32, POST>,
                CompareConstant<1, true>, Goto)
            (Load<U32, INDEX>, CompareRegister<3, false>, Load<U64, OFFSET>, LeftAndMask, Load<U32, INDEX>, Add<true>,
                CompareConstant<9, false>, AddConstant<false>)
            (Load<U32, INDEX>, Rev32<true>, Store<U32, INDEX>, AddConstant<true>, CompareConstant<1, true>)
            (Load<U32, INDEX>, Rev32<true>, Store<U32, INDEX>, AddConstant<true>, CompareConstant<1, true>, Goto)
            (Load<U32, OFFSET>, AddConstant<false>, AddConstant<false>, Store<U32, OFFSET>, Load<U32, OFFSET>,
                CompareConstant<8, false>, AddConstant<false>, CompareConstant<1, false>)
            (Load<U32, OFFSET>, AddConstant<false>, AddConstant<false>, Store<U32, OFFSET>, Load<U8, INDEX>,
                Load<U32, OFFSET>, LeftAndMask, Eor<false>)
            (Load<U32, OFFSET>, AddConstant<false>, Store<U32, OFFSET>)
            (Load<U32, OFFSET>, AddConstant<false>, Store<U32, OFFSET>, Load<U8, OFFSET>, CompareConstant<1, false>)
            (Load<U32, OFFSET>, AddConstant<true>, RorConstant<false>, RorConstant<false>, Eor<false>, RightAndMask,
                Eor<false>, RorConstant<false>)
            (Load<U32, OFFSET>, CompareRegister<3, false>, LoadPair<U64, OFFSET>, CopyWord, LoadPair<U64, OFFSET>,
                LoadPair<U64, OFFSET>, LoadPair<U64, POST>, JumpRegister)
            (Load<U64, INDEX>, AddConstant<true>, Add<true>, And<true>, Add<true>, RorConstant<true>, Add<true>,
                Eor<true>)
            (Load<U64, INDEX>, RorConstant<false>, RorConstant<false>, Eor<false>, And<false>)
            (Load<U64, INDEX>, Zero<true>, RightAndMask, AndConstant, LeftAndMask, Add<true>, Load<U32, INDEX>,
                Load<U32, OFFSET>)
            (Load<U64, INDEX>, Zero<true>, RightAndMask, Load<U64, INDEX>, Zero<true>, RightAndMask, AndConstant)
            (Load<U64, OFFSET>, AddConstant<true>, Store<U64, OFFSET>)
            (Load<U64, OFFSET>, AddConstant<true>, Zero<true>, CompareRegister<1, false>, Goto)
            (Load<U64, OFFSET>, Constant, Load<U32, OFFSET>, Constant, Smaddl, Load<U16, OFFSET>, Ands<false>,
                Conditional<1>)
            (Load<U64, OFFSET>, Copy, Load<U32, OFFSET>, Copy, Load<U32, OFFSET>, Copy, Copy, CallRegister)
            (Load<U64, OFFSET>, Load<I32, OFFSET>, Load<U32, OFFSET>, Load<U32, OFFSET>, Load<U64, INDEX>,
                Load<U32, OFFSET>, Load<U64, OFFSET>, CompareRegister<0, false>)
            (Load<U64, OFFSET>, Load<U64, OFFSET>, CompareRegister<0, false>, Copy, Constant, Constant, Call)
            (Load<U64, OFFSET>, Load<U64, OFFSET>, CompareRegister<0, false>, LeftAndMask, Load<U16, INDEX>,
                LeftAndMask, Subs<true>, Conditional<8>)
            (Load<U64, OFFSET>, Load<U64, OFFSET>, Load<U64, OFFSET>, Subs<true>, Constant, Conditional<1>,
                LoadPair<U64, OFFSET>, LoadPair<U64, OFFSET>)
            (Load<U64, OFFSET>, Load<U64, OFFSET>, Sub<false>, PageAddress, Store<U64, OFFSET>, Load<U64, OFFSET>,
                Add<true>, Call)
            (Load<U64, OFFSET>, Load<U64, OFFSET>, Subs<true>, Constant)
            (Load<U64, OFFSET>, Load<U64, OFFSET>, Subs<true>, Constant, Conditional<1>)
            (Load<U64, OFFSET>, Load<U8, INDEX>, BitSet, LeftAndMask, Add<true>, Load<U16, OFFSET>, Load<U16, INDEX>,
                Call)
            (Load<U64, OFFSET>, LoadPair<U64, OFFSET>, Load<U64, OFFSET>, Add<true>, Store<U64, OFFSET>,
                Load<U64, OFFSET>, Sub<true>, Store<U64, OFFSET>)
            (Load<U64, OFFSET>, LoadPair<U64, OFFSET>, Load<U64, OFFSET>, LoadPair<U64, POST>, Load<U64, OFFSET>,
                Load<U8, OFFSET>, SubsConstant<false>, Select<0, 3, true>)
            (Load<U64, OFFSET>, LoadPair<U64, POST>, JumpRegister)
            (Load<U64, OFFSET>, Store<U64, OFFSET>, Constant)
            (Load<U64, OFFSET>, Store<U64, OFFSET>, Constant, Zero<false>, Load<U8, OFFSET>, Zero<false>)
            (Load<U64, OFFSET>, Store<U64, OFFSET>, Store<U64, OFFSET>)
            (Load<U64, OFFSET>, StorePair<U64, OFFSET>, AddConstant<true>, LoadPair<U32, OFFSET>, Add<false>,
                Lsl<false>, Orr<false>, CompareConstant<9, false>)
            (Load<U64, OFFSET>, Zero<true>, PageAddress, AddConstant<true>, PageAddress, Load<U64, OFFSET>,
                RightAndMask, CompareRegister<9, false>)
            (Load<U64, PAGE>, AddConstant<true>, JumpRegister)
            (Load<U64, PAGE>, Eor<true>, StorePair<U64, OFFSET>, StorePair<D, OFFSET>, StorePair<D, OFFSET>,
                StorePair<D, OFFSET>, StorePair<D, OFFSET>, Copy)
            (Load<U64, PAGE>, Load<U64, OFFSET>, Load<U32, OFFSET>, AddConstant<false>, Store<U32, OFFSET>,
                NotZero<false>, Load<U32, OFFSET>, Zero<false>)
            (Load<U64, PAGE>, Load<U64, OFFSET>, Load<U64, OFFSET>, Subs<true>, Constant, Conditional<0>)
            (Load<U64, PAGE>, StorePair<U64, OFFSET>, StorePair<U64, OFFSET>, CopyWord, StorePair<U64, OFFSET>,
                CopyWord, StorePair<U64, OFFSET>, Store<U64, OFFSET>)
            (Load<U64, PAGE>, StorePair<U64, PRE>, Load<U64, OFFSET>, Load<U64, OFFSET>, CompareRegister<2, false>,
                Call)
            (Load<U64, PAGE>, StorePair<U64, PRE>, Load<U64, OFFSET>, Load<U64, OFFSET>, Sub<true>, Add<true>, Call)
            (Load<U8, INDEX>, AddConstant<false>, Store<U32, OFFSET>, Load<U32, OFFSET>, Lsl<false>, Orr<false>,
                AddConstant<false>, Store<U32, OFFSET>)
            (Load<U8, INDEX>, AddConstant<true>, SubsConstant<false>, Select<1, 1, false>, AddsConstant<false>,
                Conditional<1>, Goto)
            (Load<U8, INDEX>, CopyWord, AndConstant, Zero<false>, Goto)
            (Load<U8, INDEX>, Load<U64, OFFSET>, AddConstant<false>, AddConstant<false>, Add<true>, LeftAndMask,
                Store<U8, INDEX>, Zero<false>)
            (Load<U8, INDEX>, Load<U8, INDEX>, AddConstant<true>, Subs<false>, Conditional<0>, Goto)
            (Load<U8, INDEX>, Load<U8, INDEX>, CompareRegister<0, false>)
            (Load<U8, INDEX>, Load<U8, INDEX>, CompareRegister<0, false>, Goto)
            (Load<U8, OFFSET>, Add<false>, Zero<false>, LeftAndMask, Load<U8, PRE>, Madd<false>, Add<false>,
                NotZero<false>)
            (Load<U8, OFFSET>, AddConstant<false>, SubsConstant<false>, AndConstant, CompareIf<false>, Conditional<9>,
                JumpRegister)
            (Load<U8, OFFSET>, AddConstant<true>, CompareConstant<8, false>, Load<U64, OFFSET>, LeftAndMask,
                Load<U16, INDEX>, Address, SignExtract<true>)
            (Load<U8, OFFSET>, AddConstant<true>, Load<U32, OFFSET>, AddConstant<true>, AddConstant<false>,
                Load<U32, INDEX>, Add<false>)
            (Load<U8, OFFSET>, And<false>, Store<U8, OFFSET>, SignExtract<true>, Select<0, 3, true>,
                SubsConstant<false>, Add<true>, Store<U64, OFFSET>)
            (Load<U8, OFFSET>, CompareRegister<1, false>, Load<U8, INDEX>, Load<U8, OFFSET>,
                CompareRegister<1, false>, Load<U8, OFFSET>, Load<U8, OFFSET>, CompareRegister<1, false>)
            (Load<U8, OFFSET>, Constant, Load<U8, INDEX>, NotZero<false>, Load<U8, OFFSET>, Constant, Load<U8, INDEX>,
                NotZero<false>)
            (Load<U8, OFFSET>, LeftAndMask, Store<U8, OFFSET>, Load<U32, OFFSET>, AndsConstant<true>, Conditional<1>)
            (Load<U8, OFFSET>, Load<U8, OFFSET>, Copy, Load<U8, OFFSET>, Add<true>, Load<U8, OFFSET>, Add<true>,
                CompareRegister<0, false>)
            (Load<U8, OFFSET>, Load<U8, OFFSET>, Copy, Load<U8, OFFSET>, AddConstant<true>, Lsl<false>,
                AddConstant<true>, CopyWord)
            (Load<U8, OFFSET>, SubsConstant<false>, CompareIf<false>, Conditional<1>, Constant, Udiv<false>,
                Msub<false>, Load<U64, PAGE>)
            (Load<U8, POST>, Eor<false>, LeftAndMask, Load<U32, INDEX>, RightAndMask, Eor<false>,
                CompareRegister<1, false>, JumpRegister)
            (Load<U8, POST>, LeftAndMask, Store<U8, INDEX>, NotZero<false>)
            (Load<U8, POST>, LeftAndMask, Store<U8, INDEX>, NotZero<false>, Goto)
            (Load<U8, POST>, Load<U8, POST>, SubsConstant<false>, CompareIf<false>, Conditional<1>,
                AndsConstant<true>, Conditional<1>, Goto)
            (Load<U8, POST>, NotZero<false>, Goto)
            (Load<U8, POST>, SubsConstant<false>, Select<1, 1, false>, Sub<false>, NotZero<false>, Add<false>,
                Sub<true>, Sub<false>)
            (Load<U8, POST>, Zero<false>, Zero<false>, Load<U32, OFFSET>, CopyWord, Call)
            (LoadPair<U32, OFFSET>, Load<U8, OFFSET>, Sub<false>, Lsr<false>, StorePair<U32, OFFSET>,
                CompareConstant<1, false>, Load<U64, OFFSET>, Load<U32, OFFSET>)
            (LoadPair<U64, OFFSET>, AddConstant<false>, Load<U8, INDEX>, Load<U32, OFFSET>, LeftAndMask, Eor<false>)
            (LoadPair<U64, OFFSET>, AndConstant, LeftAndMask, Orr<true>, OrrConstant<true>, Store<U64, OFFSET>,
                Load<U64, OFFSET>, CompareRegister<1, false>)
            (LoadPair<U64, OFFSET>, Copy, CompareRegister<2, false>, AddConstant<true>, Store<U64, OFFSET>,
                Load<U8, OFFSET>, JumpRegister)
            (LoadPair<U64, OFFSET>, Load<U64, OFFSET>, LoadPair<U64, POST>, JumpRegister)
            (LoadPair<U64, OFFSET>, LoadPair<U64, OFFSET>, LoadPair<U64, OFFSET>)
            (LoadPair<U64, OFFSET>, LoadPair<U64, OFFSET>, LoadPair<U64, OFFSET>, AddConstant<true>, JumpRegister)
            (LoadPair<U64, OFFSET>, LoadPair<U64, OFFSET>, LoadPair<U64, OFFSET>, Load<U64, OFFSET>,
                AddConstant<true>, JumpRegister)
            (LoadPair<U64, OFFSET>, LoadPair<U64, OFFSET>, LoadPair<U64, POST>, JumpRegister)
            (LoadPair<U64, OFFSET>, LoadPair<U64, POST>, JumpRegister)
            (LoadPair<U64, OFFSET>, StorePair<U32, OFFSET>, LoadPair<U64, POST>, JumpRegister)
            (Lsr<false>, Zero<true>, Rbit<true>, Clz<true>, AndsConstant<true>, RightAndMask, Add<true>,
                Select<0, 0, true>)
            (Lsr<false>, Zero<true>, Rbit<true>, Clz<true>, RightAndMask)
            (Lsr<false>, Zero<true>, Rbit<true>, Clz<true>, RightAndMask, Add<true>, JumpRegister)
            (Madd<true>, Load<U8, OFFSET>, AddConstant<true>, SubsConstant<false>, CompareIf<false>, Conditional<0>,
                AddConstant<false>, AndConstant)
            (NotZero<false>, Load<U64, OFFSET>, Store<U64, OFFSET>, Load<U32, OFFSET>, AddConstant<false>,
                Store<U32, OFFSET>, Load<U32, OFFSET>, CompareConstant<13, false>)
            (Orr<false>, And<false>, And<false>, Eor<false>, Orr<false>, SubsConstant<true>, Select<1, 0, false>)
            (PageAddress, StorePair<U64, OFFSET>, CopyWord, Copy, SignExtract<true>, Load<U8, INDEX>, Zero<false>,
                Constant)
            (Rbit<true>, Clz<true>, RightAndMask, Add<true>, JumpRegister)
            (RightAndMask, AddShifted<true>, AddConstant<true>, Add<true>, And<true>, CompareConstant<13, false>)
            (RightAndMask, AddShifted<true>, AddConstant<true>, Add<true>, And<true>, CompareConstant<13, false>,
                Goto)
            (RightAndMask, Load<U8, OFFSET>, Load<U8, OFFSET>, Load<U8, INDEX>, Store<U8, OFFSET>, Store<U8, INDEX>,
                Store<U8, OFFSET>, JumpRegister)
            (RorConstant<false>, Eor<false>, Add<false>, Add<false>, CopyWord, Add<false>, CopyWord,
                CompareConstant<1, true>)
            (RorConstant<false>, Eor<false>, RightAndMask, Add<false>, Bic<false>, Eor<false>, Load<U32, INDEX>,
                AddConstant<true>)
            (RorConstant<false>, Eor<false>, RightAndMask, Eor<false>, Load<U32, OFFSET>, Add<false>,
                Load<U32, OFFSET>, Add<false>)
            (RorConstant<true>, Eor<true>, Add<true>, Add<true>, Copy, Add<true>, Copy, CompareConstant<1, true>)
            (RorConstant<true>, Eor<true>, Bic<true>, Eor<true>, RorConstant<true>, Eor<true>, Load<U64, INDEX>,
                Add<true>)
            (RorConstant<true>, Eor<true>, RightAndMask, Eor<true>, RorConstant<true>, RorConstant<true>, Eor<true>,
                RightAndMask)
            (Select<0, 2, true>, Copy, Orr<false>, Orr<false>, RightAndMask, AndConstant, Load<U64, INDEX>,
                JumpRegister)
            (Select<3, 0, false>, CopyWord, LeftAndMask, Add<true>, AddConstant<true>, Subs<false>, Add<true>)
            (Select<3, 0, true>, Constant, Rev64, Select<3, 0, true>, Clz<true>, RightAndMask, Add<true>,
                JumpRegister)
            (SignExtract<true>, Load<U32, INDEX>, Eor<false>, AddConstant<false>, Eor<false>, RorConstant<false>,
                Add<false>, SignExtract<true>)
            (SignExtract<true>, Load<U32, INDEX>, Eor<false>, SignExtract<true>, NotZero<true>, And<false>)
            (SignExtract<true>, Load<U32, INDEX>, Eor<false>, SignExtract<true>, NotZero<true>, And<false>,
                Eor<false>, CompareConstant<13, false>)
            (Store<Q, INDEX>, Store<Q, OFFSET>, Store<Q, OFFSET>, JumpRegister)
            (Store<Q, OFFSET>, Store<Q, OFFSET>, Store<Q, OFFSET>, Store<Q, OFFSET>, Store<Q, OFFSET>)
            (Store<U16, OFFSET>, Load<U64, INDEX>, Madd<true>, Smaddl, SignExtract<true>, Store<U64, INDEX>,
                AddConstant<true>, Goto)
            (Store<U32, INDEX>, Store<U32, INDEX>, Goto)
            (Store<U32, OFFSET>, Load<U32, OFFSET>, And<false>, Load<U64, OFFSET>, LeftAndMask, Load<U8, INDEX>,
                AddShifted<true>, CompareConstant<9, false>)
            (Store<U64, OFFSET>, CopyWord, Constant, CompareConstant<9, false>, CopyWord, PageAddress, Copy, Call)
            (StorePair<Q, OFFSET>, StorePair<Q, OFFSET>, StorePair<Q, OFFSET>, StorePair<Q, OFFSET>)
            (StorePair<U64, OFFSET>, Constant, Constant, StorePair<U64, OFFSET>, Constant, Load<U32, OFFSET>,
                CompareRegister<3, false>, LoadPair<U64, OFFSET>)
            (StorePair<U64, OFFSET>, Copy, Copy, Load<U64, OFFSET>, StorePair<U64, OFFSET>, Load<U64, OFFSET>,
                AndConstant, Sub<true>)
            (StorePair<U64, OFFSET>, CopyWord, StorePair<U64, OFFSET>, PageAddress, StorePair<U64, OFFSET>,
                StorePair<U64, OFFSET>, Store<U64, OFFSET>)
            (StorePair<U64, PRE>, AddConstant<true>, AndConstant, Load<U64, PAGE>, StorePair<U64, OFFSET>,
                Load<U64, OFFSET>, Load<U64, OFFSET>, CompareRegister<2, false>)
            (StorePair<U64, PRE>, AndConstant, Load<U64, OFFSET>, RightAndMask, AddConstant<true>, Load<U64, OFFSET>,
                Load<U32, OFFSET>, Store<U64, OFFSET>)
            (StorePair<U64, PRE>, Constant, Copy, Load<U64, OFFSET>, StorePair<U64, OFFSET>, Copy,
                StorePair<U64, OFFSET>, Copy)
            (StorePair<U64, PRE>, Copy, Copy, StorePair<U64, OFFSET>, CopyWord, CopyWord)
            (StorePair<U64, PRE>, Copy, Load<U64, OFFSET>, Store<U64, OFFSET>, Copy, NotZero<true>, Load<U64, OFFSET>,
                BitClear)
            (StorePair<U64, PRE>, Copy, Store<U64, OFFSET>, Copy, Call)
            (StorePair<U64, PRE>, Copy, StorePair<U64, OFFSET>)
            (StorePair<U64, PRE>, Copy, StorePair<U64, OFFSET>, Copy)
            (Sub<false>, Constant, CompareRegister<8, false>, Goto)
            (Sub<true>, Load<U32, OFFSET>, Sub<false>, CompareIf<false>, Conditional<1>, CopyWord, Zero<false>, Goto)
            (Sub<true>, OrrConstant<true>, Sub<true>, OrrConstant<true>, Bics<true>, Bic<true>, CompareIf<false>,
                Conditional<0>)
            (Sub<true>, Sub<false>, CompareRegister<10, false>, Store<U32, OFFSET>, CompareConstant<12, false>,
                SignExtract<true>, Add<true>, SignExtract<true>)
            (SubsConstant<true>, AddConstant<true>, Load<U64, OFFSET>, RightAndMask, Select<8, 0, true>, Zero<true>,
                Load<U64, PAGE>, CompareRegister<3, false>)
            (SubsConstant<true>, CompareIf<false>, Conditional<0>)
            (SubsConstant<true>, PageAddress, StorePair<U64, OFFSET>, CopyWord, PageAddress, StorePair<U64, OFFSET>,
                Select<0, 0, true>, Call)
            (Zero<true>, Load<U64, OFFSET>, PageAddress, Load<U64, OFFSET>, AddConstant<true>, AndConstant, Sub<true>,
                Call)
            (Zero<true>, StorePair<U64, PRE>, Copy, StorePair<U64, OFFSET>, PageAddress, AddConstant<true>,
                StorePair<U64, OFFSET>, ThreadPointer)
        }
    };
}
pub(super) use recorded;
