//! Rows that begin with a condition, a branch or a call: [`flow_rows`], for [`super::super::join`].

/// Appends the rows, with the names as they are where this is called.
macro_rules! flow_rows {
    ($rows:ident) => {
        crate::chain::joins! { Cpu, $rows, often;
            (Branch<EQUAL>, Call)
            (Branch<EQUAL>, Flagged<RSB, IMMEDIATE>, Shifted<SUB, RIGHT>, Unless<MINUS>, LoadAt<WORD, POST>,
                Unless<MINUS>, StoreAt<WORD, POST>, ShiftConstant<0, 2>)
            (Branch<EQUAL>, LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>, Constant<MOV>,
                Constant<ADD>, Call)
            (Branch<EQUAL>, LoadAt<BYTE, OFFSET>, Flagged<CMP, REGISTER>, Unless<EQUAL>)
            (Branch<EQUAL>, LoadAt<BYTE, OFFSET>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>,
                Branch<EQUAL>)
            (Branch<EQUAL>, LoadAt<BYTE, OFFSET>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>,
                Unless<EQUAL>)
            (Branch<EQUAL>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<GREATER, CMP, IMMEDIATE>,
                LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<HIGHER, CMP, REGISTER>, Jump)
            (Branch<GREATER>, Constant<RSB>, Register<MOV>, Flagged<ADD, IMMEDIATE>, LoadAt<BYTE, OFFSET_REGISTER>,
                StoreAt<WORD, OFFSET>, LoadAt<BYTE, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>)
            (Branch<HIGHER>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Branch<HIGHER>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (Branch<HIGHER_OR_SAME>, Exchange)
            (Branch<HIGHER_OR_SAME>, Flagged<AND, IMMEDIATE>, Constant<RSB>, Unless<NOT_EQUAL>)
            (Branch<LOWER>, Register<MOV>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, StoreAt<WORD,
                OFFSET>, LoadAt<WORD, OFFSET>, Constant<ADD>, StoreAt<WORD, OFFSET>)
            (Branch<LOWER>, Register<MOV>, CompareBranch<NOT_EQUAL, CMP, REGISTER>)
            (Branch<NOT_EQUAL>, Constant<ADD>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                Register<ADD>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>)
            (Branch<NOT_EQUAL>, Constant<AND>, Shifted<ORR, LEFT>, Shifted<ORR, LEFT>, Register<MOV>, Flagged<SUB,
                IMMEDIATE>, Unless<HIGHER_OR_SAME>)
            (Branch<NOT_EQUAL>, Constant<MOV>)
            (Branch<NOT_EQUAL>, LoadAt<BYTE, OFFSET>, LoadAt<BYTE, OFFSET_REGISTER>, Flagged<CMP, IMMEDIATE>,
                Unless<NOT_EQUAL>, Constant<MOV>)
            (Branch<NOT_EQUAL>, LoadAt<BYTE, OFFSET>, LoadAt<BYTE, OFFSET_REGISTER>, Flagged<CMP, IMMEDIATE>,
                Unless<NOT_EQUAL>, Constant<MOV>, Branch<NOT_EQUAL>, Constant<BIC>)
            (Branch<NOT_EQUAL>, LoadAt<WORD, OFFSET>)
            (Branch<NOT_EQUAL>, LoadAt<WORD, OFFSET>, Flagged<CMP, REGISTER>, Unless<HIGHER_OR_SAME>, Register<MOV>,
                Register<MOV>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>)
            (BranchZero<false>, Constant<MOV>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>)
            (BranchZero<false>, LoadAt<BYTE, PRE>, Register<MOV>, LoadAt<BYTE, POST>, CompareBranch<EQUAL, CMP,
                REGISTER>)
            (BranchZero<false>, ShiftConstant<0, 2>, Flagged<RSB, IMMEDIATE>, Flagged<AND, REGISTER>, LoadAt<WORD,
                OFFSET>, Flagged<MOV, IMMEDIATE>, Call)
            (BranchZero<true>, LoadAt<WORD, OFFSET>, BranchZero<false>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, Call)
            (BranchZero<true>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                Flagged<CMP, IMMEDIATE>, Unless<LESS_OR_EQUAL>, Constant<MOV>, Unless<GREATER>)
            (BranchZero<true>, LoadAt<WORD, OFFSET>, Flagged<MOV, IMMEDIATE>, StoreAt<BYTE, OFFSET>, Constant<ADD>,
                LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Flagged<ADD, IMMEDIATE>)
            (CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>)
            (CompareBranch<EQUAL, CMP, IMMEDIATE>, Flagged<CMP, IMMEDIATE>, Unless<EQUAL>, Constant<ADD>, Unless<EQUAL>,
                Register<MOV>)
            (CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>)
            (CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>,
                Flagged<MOV, IMMEDIATE>, Flagged<MOV, IMMEDIATE>, LoadAt<WORD, OFFSET>, Call)
            (CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Flagged<ORR, REGISTER>, Branch<NOT_EQUAL>,
                Constant<MOV>, LoadAt<WORD, OFFSET>, AddAddress)
            (CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Flagged<SUB, IMMEDIATE>, StoreAt<WORD, OFFSET>,
                Constant<ADD>, Flagged<MOV, IMMEDIATE>, LoadAt<BYTE, PRE>, LoadAt<BYTE, PRE>)
            (CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Register<MOV>, Register<MOV>, Register<MOV>,
                Constant<AND>)
            (CompareBranch<EQUAL, CMP, IMMEDIATE>, Register<MOV>, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP,
                IMMEDIATE>, Register<MOV>)
            (CompareBranch<EQUAL, CMP, IMMEDIATE>, Shifted<ADD, LEFT>, LoadAt<WORD, OFFSET>, Flagged<AND, IMMEDIATE>,
                Branch<NOT_EQUAL>, LoadAt<WORD, OFFSET>)
            (CompareBranch<EQUAL, CMP, IMMEDIATE>, StoreAt<BYTE, POST>, Register<MOV>, LoadAt<WORD, OFFSET>, Call)
            (CompareBranch<EQUAL, CMP, REGISTER>, Flagged<ADD, IMMEDIATE>, LoadAt<WORD, OFFSET>, Flagged<SUB, REGISTER>,
                Constant<RSB>, CompareBranch<GREATER_OR_EQUAL, CMP, REGISTER>, Flagged<CMP, IMMEDIATE>, StoreAt<WORD,
                OFFSET>)
            (CompareBranch<EQUAL, CMP, REGISTER>, LoadAt<WORD, OFFSET>, BranchZero<false>, StoreAt<WORD, OFFSET>,
                Flagged<MOV, IMMEDIATE>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Flagged<RSB,
                IMMEDIATE>)
            (CompareBranch<EQUAL, CMP, REGISTER>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, TST, IMMEDIATE>,
                LoadAt<BYTE, OFFSET>, Flagged<SUB, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<MOV>)
            (CompareBranch<EQUAL, CMP, REGISTER>, LoadAt<WORD, OFFSET>, ShiftConstant<0, 2>, Branch<PLUS>, LoadAt<BYTE,
                OFFSET>, Flagged<SUB, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<MOV>)
            (CompareBranch<EQUAL, CMP, REGISTER>, Register<SUB>, Register<MOV>, Constant<ADD>, Flagged<ADD, IMMEDIATE>,
                Constant<BIC>, Register<SUB>, LoadAt<WORD, OFFSET>)
            (CompareBranch<EQUAL, SUB, IMMEDIATE>, Flagged<TST, IMMEDIATE>, Constant<AND>, Unless<EQUAL>, Register<MOV>,
                Unless<EQUAL>, Register<MOV>, Jump)
            (CompareBranch<GREATER_OR_EQUAL, CMP, REGISTER>, CompareBranch<LOWER_OR_SAME, CMP, REGISTER>, Register<MOV>)
            (CompareBranch<HIGHER, CMP, REGISTER>, BranchZero<true>, Constant<MOV>, LoadAt<WORD, OFFSET>, AddAddress,
                StoreAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (CompareBranch<HIGHER, CMP, REGISTER>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                Constant<MOV>, Flagged<CMP, IMMEDIATE>, AddAddress, StoreAt<WORD, OFFSET>)
            (CompareBranch<HIGHER, CMP, REGISTER>, Register<ADD>, LoadAt<WORD, OFFSET>, CompareBranch<LOWER_OR_SAME,
                CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Constant<BIC>, CompareBranch<HIGHER_OR_SAME, CMP, REGISTER>)
            (CompareBranch<HIGHER_OR_SAME, CMP, REGISTER>, Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>, LoadAt<BYTE,
                OFFSET>, Exchange)
            (CompareBranch<HIGHER_OR_SAME, CMP, REGISTER>, Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>, StoreAt<BYTE,
                OFFSET>, LoadAt<WORD, POST>, Exchange)
            (CompareBranch<LOWER, SUB, IMMEDIATE>, Flagged<AND, IMMEDIATE>, Branch<NOT_EQUAL>, Flagged<AND, IMMEDIATE>,
                Branch<NOT_EQUAL>, Flagged<SUB, IMMEDIATE>)
            (CompareBranch<LOWER_OR_SAME, CMP, REGISTER>, Constant<MOV>)
            (CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Branch<NOT_EQUAL>, LoadAt<WORD, OFFSET>)
            (CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Branch<NOT_EQUAL>, Register<MOV>, Register<MOV>, Call)
            (CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, CompareBranch<LESS_OR_EQUAL, CMP, IMMEDIATE>, Call)
            (CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<SUB>,
                Unless<NOT_EQUAL>, Register<MOV>)
            (CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>)
            (CompareBranch<NOT_EQUAL, TST, IMMEDIATE>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Constant<SUB>,
                Flagged<CMP, IMMEDIATE>, StoreAt<WORD, OFFSET>, Branch<EQUAL>, LoadAt<WORD, OFFSET>)
            (Exchange, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Register<MOV>)
            (Exchange, LoadAt<BYTE, OFFSET>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Flagged<CMP, REGISTER>,
                Branch<NOT_EQUAL>, Constant<ADD>)
            (Exchange, LoadAt<BYTE, PRE>, Register<MOV>, LoadAt<BYTE, POST>, CompareBranch<EQUAL, CMP, REGISTER>)
            (Unless<EQUAL>, Constant<ADD>, Unless<NOT_EQUAL>, Register<SUB>, Unless<EQUAL>, Register<SUB>,
                Constant<MOV>, Constant<MOV>)
            (Unless<EQUAL>, Constant<MOV>)
            (Unless<EQUAL>, Exchange, LoadAt<BYTE, POST>, Register<EOR>, Constant<AND>, LoadAt<WORD, OFFSET_REGISTER>,
                Shifted<EOR, RIGHT>, Jump)
            (Unless<EQUAL>, Flagged<TEQ, IMMEDIATE>, Branch<EQUAL>, Flagged<RSB, IMMEDIATE>, Exchange)
            (Unless<EQUAL>, Register<AND>, Unless<EQUAL>, Register<ORR>, Unless<NOT_EQUAL>, Register<EOR>,
                Constant<ADD>, Constant<ADD>)
            (Unless<HIGHER_OR_SAME>, Flagged<SUB, IMMEDIATE>, Unless<HIGHER_OR_SAME>)
            (Unless<HIGHER_OR_SAME>, Flagged<SUB, IMMEDIATE>, Unless<HIGHER_OR_SAME>, StoreAt<BYTE, POST>,
                Unless<HIGHER_OR_SAME>, Flagged<SUB, IMMEDIATE>, Unless<HIGHER_OR_SAME>, StoreAt<BYTE, POST>)
            (Unless<HIGHER_OR_SAME>, LoadAt<BYTE, OFFSET>, Unless<NOT_EQUAL>, StoreAt<BYTE, POST>,
                Unless<HIGHER_OR_SAME>, StoreAt<BYTE, POST>, Unless<HIGHER_OR_SAME>, StoreAt<BYTE, OFFSET>)
            (Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>, Flagged<CMP, LEFT>, Register<ADC>, Unless<HIGHER_OR_SAME>,
                Shifted<SUB, LEFT>, Flagged<CMP, LEFT>)
            (Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>, Flagged<CMP, LEFT>, Register<ADC>, Unless<HIGHER_OR_SAME>,
                Shifted<SUB, LEFT>, Flagged<CMP, LEFT>, Register<ADC>)
            (Unless<LOWER_OR_SAME>, Constant<MOV>, Unless<HIGHER>, Constant<BIC>, Unless<HIGHER>, Constant<SUB>,
                Unless<HIGHER>, Shifted<MOV, RIGHT>)
            (Unless<MINUS>, Register<MOV>, Branch<MINUS>, Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<SUB>,
                Unless<NOT_EQUAL>, Constant<SUB>)
            (Unless<MINUS>, StoreAt<WORD, POST>, ShiftConstant<0, 2>, Unless<HIGHER_OR_SAME>, LoadAt<HALF, POST>,
                Unless<NOT_EQUAL>, LoadAt<BYTE, POST>, Unless<HIGHER_OR_SAME>)
            (Unless<NOT_EQUAL>, Constant<ADD>, Unless<NOT_EQUAL>, SetCarry, Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>,
                Constant<ADD>, Exchange)
            (Unless<NOT_EQUAL>, Constant<MOV>)
            (Unless<NOT_EQUAL>, Constant<MOV>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Constant<MOV>, Bits<false>,
                Shifted<ADD, LEFT>)
            (Unless<NOT_EQUAL>, LoadAt<BYTE, POST>, Unless<HIGHER_OR_SAME>, LoadAt<BYTE, POST>, Unless<HIGHER_OR_SAME>,
                LoadAt<BYTE, OFFSET>, Unless<NOT_EQUAL>, StoreAt<BYTE, POST>)
            (Unless<NOT_EQUAL>, SetCarry, Flagged<TST, IMMEDIATE>)
            (Unless<NOT_EQUAL>, SetCarry, Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<ADD>, Unless<NOT_EQUAL>)
            (Unless<NOT_EQUAL>, SetCarry, Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>, SetCarry, Flagged<TST, IMMEDIATE>)
            (Unless<NOT_EQUAL>, StoreAt<WORD, OFFSET>, Register<MOV>, Flagged<CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                StoreAt<WORD, OFFSET>, Branch<EQUAL>, LoadAt<WORD, OFFSET>)
        }
    };
}
pub(in super::super) use flow_rows;
