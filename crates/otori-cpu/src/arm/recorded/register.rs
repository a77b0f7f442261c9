//! Rows that begin with an operation on registers: [`register_rows`], for [`super::super::join`].

/// Appends the rows, with the names as they are where this is called.
macro_rules! register_rows {
    ($rows:ident) => {
        crate::chain::joins! { Cpu, $rows, often;
            (Register<ADC>, Register<EOR>, Flagged<ADD, REGISTER>, LoadAt<WORD, OFFSET>, Register<ADC>, Constant<ADD>,
                Register<BIC>, LoadAt<WORD, OFFSET>)
            (Register<ADC>, Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>, Flagged<CMP, LEFT>, Register<ADC>,
                Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>)
            (Register<ADC>, Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>, Flagged<CMP, LEFT>, Register<ADC>,
                Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>, Flagged<CMP, LEFT>)
            (Register<ADD>, CompareBranch<LOWER, CMP, REGISTER>, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP,
                IMMEDIATE>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>)
            (Register<ADD>, Exchange)
            (Register<ADD>, Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>, LoadAt<BYTE, OFFSET>, Shifted<EOR, LEFT>,
                Bits<false>, Bits<false>, StoreAt<WORD, OFFSET>)
            (Register<ADD>, Flagged<CMP, REGISTER>, Register<MOV>, Unless<HIGHER_OR_SAME>, Register<MOV>, Register<MOV>,
                Register<ADD>, Call)
            (Register<ADD>, Flagged<SUB, IMMEDIATE>, LoadAt<BYTE, OFFSET>)
            (Register<ADD>, LoadAt<BYTE, OFFSET_REGISTER>, Constant<AND>, Constant<SUB>, Constant<EOR>, Jump)
            (Register<ADD>, LoadAt<SIGNED_BYTE, OFFSET_REGISTER>, LoadAt<BYTE, OFFSET_REGISTER>,
                CompareBranch<GREATER_OR_EQUAL, CMP, IMMEDIATE>, Constant<AND>, CompareBranch<EQUAL, CMP, IMMEDIATE>,
                BranchZero<false>, SetCarry)
            (Register<ADD>, LoadAt<WORD, OFFSET>)
            (Register<ADD>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>, AddAddress,
                LoadAt<WORD, OFFSET>)
            (Register<ADD>, LoadAt<WORD, OFFSET>, Constant<ADD>, LoadAt<WORD, OFFSET_REGISTER>, Constant<ADD>,
                Register<ADD>, Register<ADD>)
            (Register<ADD>, LoadAt<WORD, OFFSET>, Constant<MOV>, Register<ADD>, Constant<MOV>, AddAddress, StoreAt<WORD,
                OFFSET>, StoreAt<WORD, OFFSET>)
            (Register<ADD>, LoadAt<WORD, OFFSET>, Flagged<CMP, IMMEDIATE>, Register<ADD>, Register<ADD>, Register<MOV>,
                StoreAt<WORD, OFFSET>, Branch<NOT_EQUAL>)
            (Register<ADD>, StoreAt<WORD, OFFSET>)
            (Register<ADD>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Constant<MOV>, Register<ADD>, LoadAt<WORD,
                OFFSET>, AddAddress)
            (Register<ADD>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>, StoreAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, Register<ADD>, StoreAt<WORD, OFFSET>)
            (Register<AND>, Register<BIC>, Register<EOR>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>,
                LoadAt<WORD, OFFSET>)
            (Register<AND>, Register<EOR>, StoreAt<WORD, OFFSET>, Branch<LESS_OR_EQUAL>, LoadAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, Flagged<ADD, IMMEDIATE>, Constant<ADD>)
            (Register<AND>, Shifted<EOR, ROTATE>, Register<AND>, Shifted<EOR, ROTATE>, Register<EOR>)
            (Register<AND>, Shifted<EOR, ROTATE>, Register<EOR>, Register<ADD>, LoadAt<WORD, OFFSET>, Flagged<CMP,
                IMMEDIATE>, Register<ADD>, Register<ADD>)
            (Register<AND>, Unless<EQUAL>, Register<AND>, Unless<NOT_EQUAL>, LoadAt<WORD, OFFSET>, Unless<EQUAL>,
                Register<ORR>, Unless<NOT_EQUAL>)
            (Register<BIC>, LoadAt<WORD, OFFSET>, Register<AND>, LoadAt<WORD, OFFSET>, Register<EOR>, Register<AND>,
                LoadAt<WORD, OFFSET>, Flagged<ADD, REGISTER>)
            (Register<BIC>, Register<EOR>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>, LoadAt<WORD,
                OFFSET>, Constant<ADD>)
            (Register<BIC>, Shifted<EOR, ROTATE>, Register<EOR>, Register<ADD>, LoadAt<WORD, OFFSET>, Register<AND>,
                Constant<ADD>)
            (Register<EOR>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>, LoadAt<WORD, OFFSET>,
                Constant<ADD>, LoadAt<WORD, OFFSET_REGISTER>, Constant<ADD>)
            (Register<EOR>, Register<ADC>, Flagged<ADD, REGISTER>)
            (Register<EOR>, Register<ADD>, LoadAt<WORD, OFFSET>, Flagged<CMP, IMMEDIATE>, Register<ADD>, Register<ADD>,
                Register<MOV>)
            (Register<EOR>, Register<ADD>, LoadAt<WORD, OFFSET>, Flagged<CMP, IMMEDIATE>, Register<ADD>, Register<ADD>,
                Register<MOV>, StoreAt<WORD, OFFSET>)
            (Register<EOR>, Register<ADD>, LoadAt<WORD, OFFSET>, Register<AND>, Constant<ADD>, LoadAt<WORD,
                OFFSET_REGISTER>)
            (Register<EOR>, Register<ADD>, LoadAt<WORD, OFFSET>, Register<AND>, Constant<ADD>, LoadAt<WORD,
                OFFSET_REGISTER>, Constant<ADD>, Flagged<CMP, IMMEDIATE>)
            (Register<EOR>, Register<ADD>, LoadAt<WORD, OFFSET>, Register<AND>, Constant<ADD>, LoadAt<WORD,
                OFFSET_REGISTER>, Constant<ADD>, Jump)
            (Register<EOR>, Register<ADD>, Register<ADD>, Register<EOR>, Register<EOR>, Register<AND>, Register<ORR>,
                Flagged<CMN, IMMEDIATE>)
            (Register<EOR>, Register<EOR>, Constant<ADD>, Shifted<MOV, ROTATE>, Shifted<ADD, LEFT>, StoreAt<WORD,
                OFFSET>, Constant<ADD>, Shifted<ADD, LEFT>)
            (Register<EOR>, Shifted<ORR, LEFT>, Register<EOR>, Register<EOR>, Shifted<EOR, RIGHT>, Flagged<ADD,
                REGISTER>, Register<ADC>, Flagged<CMP, IMMEDIATE>)
            (Register<EOR>, Shifted<ORR, LEFT>, Shifted<ORR, LEFT>, Shifted<MOV, LEFT>, Flagged<EOR, REGISTER>,
                Shifted<ORR, RIGHT>, ShiftConstant<0, 2>, Flagged<ADD, REGISTER>)
            (Register<MOV>, AddAddress, Constant<MOV>, LoadAt<BYTE, OFFSET>)
            (Register<MOV>, AddAddress, Register<ADD>, StoreAt<WORD, OFFSET>, Flagged<AND, IMMEDIATE>, Unless<EQUAL>,
                LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>)
            (Register<MOV>, Bits<false>, Bits<false>, Shifted<ADD, RIGHT>)
            (Register<MOV>, Branch<EQUAL>, Constant<ADD>, Bits<false>, CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>,
                Constant<MOV>, Register<MOV>, AddAddress)
            (Register<MOV>, Branch<NOT_EQUAL>)
            (Register<MOV>, Call)
            (Register<MOV>, CompareBranch<EQUAL, ADD, IMMEDIATE>, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP,
                IMMEDIATE>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Call)
            (Register<MOV>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<AND>, ShiftConstant<0, 2>, Branch<PLUS>,
                Register<SUB>, Call)
            (Register<MOV>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>, Constant<MOV>, AddAddress, LoadAt<WORD,
                OFFSET_REGISTER>, Register<ADD>)
            (Register<MOV>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>, LoadAt<WORD, OFFSET>, AddAddress,
                LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<BYTE, OFFSET_REGISTER>)
            (Register<MOV>, CompareBranch<EQUAL, TST, IMMEDIATE>, Constant<SUB>)
            (Register<MOV>, CompareBranch<HIGHER_OR_SAME, CMP, IMMEDIATE>, Constant<AND>, Constant<RSB>)
            (Register<MOV>, CompareBranch<HIGHER_OR_SAME, CMP, REGISTER>, Constant<MOV>, Register<MOV>)
            (Register<MOV>, CompareBranch<LOWER, CMP, IMMEDIATE>, Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>,
                StoreAt<BYTE, POST>, Unless<NOT_EQUAL>, Constant<SUB>)
            (Register<MOV>, Constant<ADD>)
            (Register<MOV>, Constant<MOV>)
            (Register<MOV>, Constant<MOV>, AddAddress)
            (Register<MOV>, Constant<MOV>, Constant<MOV>, Constant<ADD>, AddAddress)
            (Register<MOV>, Constant<MOV>, Constant<MOV>, Constant<SUB>, AddAddress, StoreAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET_REGISTER>, Constant<MOV>)
            (Register<MOV>, Constant<MOV>, Constant<MOV>, Register<MOV>, AddAddress, LoadAt<WORD, OFFSET>,
                Constant<MOV>, Constant<SUB>)
            (Register<MOV>, Constant<MOV>, Constant<SUB>, Constant<MOV>, AddAddress, Constant<MOV>, Constant<MOV>,
                StoreAt<WORD, OFFSET>)
            (Register<MOV>, Constant<MOV>, ExchangeLink)
            (Register<MOV>, Constant<MOV>, LoadAt<WORD, OFFSET>, AddAddress, StoreAt<WORD, OFFSET>,
                CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>)
            (Register<MOV>, Constant<SUB>, Exchange)
            (Register<MOV>, Constant<SUB>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Register<MOV>, StoreAt<WORD, OFFSET>)
            (Register<MOV>, Flagged<ADD, IMMEDIATE>, LoadAt<BYTE, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>,
                Flagged<ADD, IMMEDIATE>)
            (Register<MOV>, Flagged<CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Branch<EQUAL>, LoadAt<WORD, OFFSET>,
                Constant<ADD>, StoreAt<WORD, OFFSET>, Constant<MOV>)
            (Register<MOV>, Flagged<MOV, IMMEDIATE>)
            (Register<MOV>, LoadAt<BYTE, OFFSET>, BranchZero<false>, Constant<MOV>, Flagged<SUB, REGISTER>,
                ShiftConstant<0, 2>, AddAddress, LoadAt<BYTE, OFFSET_REGISTER>)
            (Register<MOV>, LoadAt<BYTE, OFFSET>, Constant<ADD>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>,
                Constant<ADD>)
            (Register<MOV>, LoadAt<BYTE, OFFSET>, Constant<ADD>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP,
                IMMEDIATE>, Branch<EQUAL>, Constant<SUB>)
            (Register<MOV>, LoadAt<WORD, OFFSET>)
            (Register<MOV>, LoadAt<WORD, OFFSET>, BranchZero<true>, Register<MOV>)
            (Register<MOV>, LoadAt<WORD, OFFSET>, Call)
            (Register<MOV>, Register<ADD>, LoadAt<WORD, OFFSET>, BranchZero<false>, Constant<MOV>, Constant<SUB>)
            (Register<MOV>, Register<MOV>)
            (Register<MOV>, Register<MOV>, AddAddress, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>, AddAddress,
                Register<MOV>, Call)
            (Register<MOV>, Register<MOV>, Branch<NOT_EQUAL>)
            (Register<MOV>, Register<MOV>, Call)
            (Register<MOV>, Register<MOV>, LoadAt<BYTE, POST>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<SUB>,
                CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>, Exchange)
            (Register<MOV>, Register<MOV>, LoadAt<WORD, POST>)
            (Register<MOV>, Register<MOV>, LoadAt<WORD, POST>, Register<EOR>, Constant<SUB>)
            (Register<MOV>, Register<MOV>, Register<EOR>, StoreAt<WORD, POST>, Register<EOR>, StoreAt<WORD, POST>)
            (Register<MOV>, Register<MOV>, Register<MOV>)
            (Register<MOV>, Register<MOV>, Register<MOV>, Register<MOV>)
            (Register<MOV>, Register<MOV>, Register<MOV>, Register<MOV>, Register<MOV>, Register<MOV>)
            (Register<MOV>, Register<MOV>, Register<MOV>, Register<MOV>, Register<MOV>, Register<MOV>, Jump)
            (Register<MOV>, Register<ORN>, Unless<NOT_EQUAL>, Register<ORN>, Unless<NOT_EQUAL>, Register<MOV>,
                Constant<MOV>)
            (Register<MOV>, ShiftConstant<0, 2>, Branch<MINUS>, LoadAt<WORD, OFFSET>, Call)
            (Register<MOV>, StoreAt<WORD, OFFSET>)
            (Register<MOV>, StoreAt<WORD, OFFSET>, Call)
            (Register<MOV>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>)
            (Register<MOV>, Unless<EQUAL>, Register<MOV>, Unless<NOT_EQUAL>, StoreAt<BYTE, OFFSET>, Constant<MOV>,
                Register<MOV>, Call)
            (Register<ORR>, Register<ORR>, Flagged<ORR, REGISTER>, Branch<EQUAL>, Flagged<CMP, IMMEDIATE>,
                Register<SUB>, Unless<NOT_EQUAL>, Constant<ADD>)
            (Register<ORR>, Register<ORR>, Flagged<ORR, REGISTER>, Unless<EQUAL>)
            (Register<SUB>, AddAddress, LoadAt<BYTE, OFFSET_REGISTER>, Constant<MOV>, Shifted<MOV, LEFT>, AddAddress,
                LoadAt<HALF, OFFSET_REGISTER>, Shifted<MOV, LEFT>)
            (Register<SUB>, CompareBranch<HIGHER, CMP, IMMEDIATE>, CompareBranch<HIGHER, CMP, IMMEDIATE>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, Register<ADD>, Flagged<MOV, IMMEDIATE>, LoadAt<BYTE, OFFSET>,
                Call)
            (Register<SUB>, CompareBranch<LOWER_OR_SAME, CMP, REGISTER>, LoadAt<WORD, OFFSET>, Register<MOV>,
                Register<MOV>, Register<MOV>, ExchangeLink)
            (Register<SUB>, Exchange)
            (Register<SUB>, Flagged<CMP, REGISTER>, Unless<HIGHER_OR_SAME>, Register<MOV>, CompareBranch<HIGHER, CMP,
                IMMEDIATE>, BranchZero<true>, Flagged<SUB, REGISTER>, BranchZero<false>)
            (Register<SUB>, Flagged<RSB, IMMEDIATE>, Unless<NOT_EQUAL>, Shifted<ADD, LEFT>, Constant<MOV>,
                Unless<NOT_EQUAL>)
            (Register<SUB>, LoadAt<WORD, OFFSET>, Register<SUB>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>,
                Constant<MOV>, Unless<EQUAL>)
        }
    };
}
pub(in super::super) use register_rows;
