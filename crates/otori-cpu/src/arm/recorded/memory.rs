//! Rows that begin with a load or a store: [`memory_rows`], for [`super::super::join`].

/// Appends the rows, with the names as they are where this is called.
macro_rules! memory_rows {
    ($rows:ident) => {
        crate::chain::joins! { Cpu, $rows, often;
            (LoadAt<BYTE, OFFSET>, Bits<false>, Constant<AND>, Constant<RSB>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>,
                Flagged<CMP, IMMEDIATE>, Branch<EQUAL>)
            (LoadAt<BYTE, OFFSET>, BranchZero<false>)
            (LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Branch<HIGHER>, CompareBranch<EQUAL, CMP,
                IMMEDIATE>, Branch<HIGHER>, CompareBranch<EQUAL, CMP, IMMEDIATE>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<ORR>, Constant<SUB>,
                CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>, Exchange)
            (LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Flagged<MOV, IMMEDIATE>, Flagged<MOV,
                IMMEDIATE>, Constant<ADD>, Call)
            (LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL,
                CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Constant<MOV>, Register<MOV>, StoreAt<WORD, OFFSET>)
            (LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Register<MOV>, LoadAt<BYTE, OFFSET>,
                Register<MOV>)
            (LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Register<MOV>, LoadAt<BYTE, OFFSET>,
                Register<MOV>, Register<MOV>, Register<MOV>)
            (LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, REGISTER>, CompareBranch<EQUAL, CMP, IMMEDIATE>,
                LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, REGISTER>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (LoadAt<BYTE, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>)
            (LoadAt<BYTE, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Constant<MOV>, AddAddress, LoadAt<WORD,
                OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Flagged<MOV, IMMEDIATE>)
            (LoadAt<BYTE, OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL,
                CMP, REGISTER>, LoadAt<WORD, OFFSET>, BranchZero<true>, Flagged<ADD, IMMEDIATE>, Call)
            (LoadAt<BYTE, OFFSET>, Constant<ADD>, CompareBranch<EQUAL, CMP, REGISTER>, Register<MOV>, Flagged<ADD,
                IMMEDIATE>, LoadAt<BYTE, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Flagged<ADD, IMMEDIATE>)
            (LoadAt<BYTE, OFFSET>, Constant<ADD>, CompareBranch<EQUAL, CMP, REGISTER>, Register<MOV>, LoadAt<BYTE,
                OFFSET>, Constant<ADD>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Constant<ADD>)
            (LoadAt<BYTE, OFFSET>, Constant<ADD>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, BranchZero<true>,
                LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, BranchZero<false>, Constant<SUB>)
            (LoadAt<BYTE, OFFSET>, Constant<SUB>, CompareBranch<HIGHER, CMP, IMMEDIATE>, Constant<MOV>, Flagged<MOV,
                IMMEDIATE>, LoadAt<WORD, OFFSET>, Register<MOV>, AddAddress)
            (LoadAt<BYTE, OFFSET>, Constant<SUB>, CompareBranch<HIGHER, CMP, IMMEDIATE>, Flagged<SUB, IMMEDIATE>,
                Constant<SBC>, Flagged<CMP, IMMEDIATE>, Flagged<SBC, IMMEDIATE>, Branch<HIGHER_OR_SAME>)
            (LoadAt<BYTE, OFFSET>, Constant<SUB>, CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>, Constant<ORR>,
                Constant<SUB>)
            (LoadAt<BYTE, OFFSET>, Constant<SUB>, Register<MOV>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>,
                StoreAt<WORD, OFFSET>, Constant<MOV>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (LoadAt<BYTE, OFFSET>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Flagged<CMP, REGISTER>)
            (LoadAt<BYTE, OFFSET>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>)
            (LoadAt<BYTE, OFFSET>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>, Branch<EQUAL>)
            (LoadAt<BYTE, OFFSET>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>, Branch<EQUAL>,
                Register<MOV>, Jump)
            (LoadAt<BYTE, OFFSET>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>,
                Branch<NOT_EQUAL>, LoadAt<WORD, OFFSET>, Constant<MOV>, CompareBranch<EQUAL, CMP, REGISTER>)
            (LoadAt<BYTE, OFFSET>, Flagged<MOV, IMMEDIATE>, LoadAt<BYTE, OFFSET_REGISTER>, BranchZero<true>,
                LoadAt<BYTE, OFFSET>, Flagged<MOV, IMMEDIATE>, LoadAt<BYTE, OFFSET_REGISTER>, BranchZero<true>)
            (LoadAt<BYTE, OFFSET>, LoadAt<BYTE, OFFSET>)
            (LoadAt<BYTE, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<CMP, IMMEDIATE>, Unless<EQUAL>, Constant<ADD>,
                Unless<NOT_EQUAL>, Register<MOV>, LoadAt<BYTE, POST>)
            (LoadAt<BYTE, OFFSET>, Register<AND>, StoreAt<BYTE, OFFSET>, Constant<MOV>, Flagged<AND, IMMEDIATE>,
                Unless<NOT_EQUAL>, Constant<RSB>, Register<ADD>)
            (LoadAt<BYTE, OFFSET>, Register<MOV>)
            (LoadAt<BYTE, OFFSET>, Register<MOV>, Constant<ADD>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP,
                IMMEDIATE>, Branch<NOT_EQUAL>, Exchange)
            (LoadAt<BYTE, OFFSET_REGISTER>, BranchZero<true>, LoadAt<BYTE, OFFSET>, Flagged<MOV, IMMEDIATE>,
                LoadAt<BYTE, OFFSET_REGISTER>, BranchZero<true>)
            (LoadAt<BYTE, OFFSET_REGISTER>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Register<ADD>, Unless<EQUAL>,
                Constant<MOV>)
            (LoadAt<BYTE, OFFSET_REGISTER>, StoreAt<BYTE, OFFSET_REGISTER>, Branch<NOT_EQUAL>, LoadAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Flagged<SUB, IMMEDIATE>)
            (LoadAt<BYTE, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>, Constant<MOV>, AddAddress, LoadAt<WORD,
                OFFSET_REGISTER>, Shifted<ADD, LEFT>, LoadAt<WORD, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>)
            (LoadAt<BYTE, POST>, AddAddress, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>,
                LoadAt<WORD, OFFSET>)
            (LoadAt<BYTE, POST>, BranchZero<false>, CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                Register<MOV>, StoreAt<WORD, OFFSET>, Call)
            (LoadAt<BYTE, POST>, CompareBranch<EQUAL, CMP, IMMEDIATE>, CompareBranch<EQUAL, CMP, IMMEDIATE>,
                Register<MOV>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Call)
            (LoadAt<BYTE, POST>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Flagged<ADD, IMMEDIATE>, LoadAt<BYTE,
                OFFSET>, BranchZero<false>, Register<MOV>, Flagged<SUB, IMMEDIATE>)
            (LoadAt<BYTE, POST>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Flagged<ADD, IMMEDIATE>, LoadAt<BYTE,
                OFFSET>, BranchZero<false>, Register<MOV>, Flagged<SUB, IMMEDIATE>, Jump)
            (LoadAt<BYTE, POST>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<BYTE, OFFSET>, Constant<ADD>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, Register<MOV>, Constant<SUB>)
            (LoadAt<BYTE, POST>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<BYTE, OFFSET>, Constant<ADD>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, Register<MOV>, Constant<SUB>, Jump)
            (LoadAt<BYTE, POST>, Constant<SUB>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>,
                Unless<HIGHER>, Exchange, Jump)
            (LoadAt<BYTE, POST>, Flagged<EOR, REGISTER>, Bits<false>, LoadAt<WORD, OFFSET_REGISTER>, Shifted<EOR,
                RIGHT>, CompareBranch<NOT_EQUAL, CMP, REGISTER>)
            (LoadAt<BYTE, POST>, StoreAt<BYTE, OFFSET_REGISTER>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<BYTE,
                OFFSET>)
            (LoadAt<BYTE, POST>, StoreAt<BYTE, PRE>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, Register<ADD>,
                StoreAt<WORD, OFFSET>)
            (LoadAt<BYTE, PRE>, BranchZero<false>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Constant<MOV>, LoadAt<WORD,
                OFFSET_REGISTER>, Flagged<MOV, IMMEDIATE>, Call)
            (LoadAt<BYTE, PRE>, CompareBranch<EQUAL, CMP, REGISTER>, Flagged<CMP, IMMEDIATE>, Unless<EQUAL>,
                Constant<MOV>, Flagged<CMP, IMMEDIATE>, Unless<EQUAL>, Constant<MOV>)
            (LoadAt<BYTE, PRE>, Flagged<SUB, IMMEDIATE>, Unless<NOT_EQUAL>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>,
                Flagged<CMP, IMMEDIATE>, Branch<NOT_EQUAL>)
            (LoadAt<BYTE, PRE>, LoadAt<BYTE, OFFSET>, LoadAt<BYTE, OFFSET>, LoadAt<BYTE, OFFSET>, LoadAt<BYTE,
                OFFSET_REGISTER>, LoadAt<BYTE, OFFSET_REGISTER>, LoadAt<BYTE, OFFSET_REGISTER>, LoadAt<BYTE,
                OFFSET_REGISTER>)
            (LoadAt<BYTE, PRE>, LoadAt<BYTE, PRE>, CompareBranch<EQUAL, CMP, REGISTER>, Flagged<CMP, REGISTER>,
                LoadAt<WORD, OFFSET>, Branch<NOT_EQUAL>, Constant<SUB>, Register<ADD>)
            (LoadAt<BYTE, PRE>, LoadAt<BYTE, PRE>, CompareBranch<EQUAL, CMP, REGISTER>, LoadAt<WORD, OFFSET>,
                CompareBranch<NOT_EQUAL, CMP, REGISTER>, Flagged<SUB, IMMEDIATE>, Register<ADD>, Flagged<ADD,
                IMMEDIATE>)
            (LoadAt<BYTE, PRE>, Register<MOV>, LoadAt<BYTE, POST>, CompareBranch<EQUAL, CMP, REGISTER>)
            (LoadAt<BYTE, PRE>, Register<MOV>, LoadAt<BYTE, POST>, CompareBranch<EQUAL, CMP, REGISTER>, LoadAt<BYTE,
                POST>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Flagged<ADD, IMMEDIATE>, Jump)
            (LoadAt<HALF, OFFSET_REGISTER>, ShiftConstant<0, 2>, Branch<PLUS>, LoadAt<BYTE, PRE>, LoadAt<HALF,
                OFFSET_REGISTER>, ShiftConstant<0, 2>, Branch<MINUS>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (LoadAt<HALF, PRE>, Flagged<CMP, IMMEDIATE>, Unless<LOWER>, Constant<MOV>, Constant<SUB>, Flagged<CMP,
                REGISTER>, StoreAt<HALF, OFFSET>, Branch<NOT_EQUAL>)
            (LoadAt<HALF, PRE>, Flagged<CMP, IMMEDIATE>, Unless<LOWER>, Constant<MOV>, Flagged<CMP, REGISTER>,
                Constant<SUB>, StoreAt<HALF, OFFSET>, Branch<NOT_EQUAL>)
            (LoadAt<WORD, OFFSET>, AddAddress, Flagged<CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, Branch<EQUAL>, Constant<MOV>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>,
                Constant<ADD>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, BranchZero<false>, LoadAt<BYTE, OFFSET>, BranchZero<false>, LoadAt<WORD, OFFSET>,
                CompareBranch<NOT_EQUAL, CMP, REGISTER>, Call)
            (LoadAt<WORD, OFFSET>, Call)
            (LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>, LoadAt<WORD, OFFSET_REGISTER>,
                LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<TST, IMMEDIATE>, Unless<EQUAL>)
            (LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP,
                IMMEDIATE>, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, Call)
            (LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Constant<MOV>,
                LoadAt<WORD, OFFSET>, AddAddress, Flagged<SUB, REGISTER>, Call)
            (LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                Constant<MOV>, Register<SUB>, Call)
            (LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, Flagged<RSB, IMMEDIATE>, Shifted<SBC, LEFT>, Constant<ADD>)
            (LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, REGISTER>)
            (LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, REGISTER>, Flagged<CMP, IMMEDIATE>, LoadAt<BYTE, OFFSET>,
                Branch<EQUAL>)
            (LoadAt<WORD, OFFSET>, CompareBranch<LESS_OR_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<LOWER_OR_SAME, CMP, REGISTER>, Constant<MOV>)
            (LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>)
            (LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                Register<ADD>, LoadAt<WORD, OFFSET>, Register<ADD>, Call)
            (LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>)
            (LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, CompareBranch<EQUAL, CMP, IMMEDIATE>,
                StoreAt<BYTE, POST>, Register<MOV>, LoadAt<WORD, OFFSET>, Call)
            (LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                StoreAt<WORD, OFFSET>, Register<ADD>, StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, Constant<ADD>)
            (LoadAt<WORD, OFFSET>, Constant<ADD>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Flagged<MOV, IMMEDIATE>,
                Register<ADD>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, Constant<ADD>, LoadAt<WORD, OFFSET_REGISTER>, Constant<ADD>, Register<ADD>,
                Register<ADD>, Register<ADD>, Register<EOR>)
            (LoadAt<WORD, OFFSET>, Constant<ADD>, Shifted<EOR, RIGHT>, StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
                StoreAt<WORD, OFFSET>, StoreAt<HALF, OFFSET_REGISTER>, Jump)
            (LoadAt<WORD, OFFSET>, Constant<AND>)
            (LoadAt<WORD, OFFSET>, Constant<AND>, CompareBranch<HIGHER, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, CompareBranch<NOT_EQUAL, CMP,
                IMMEDIATE>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, Constant<MOV>)
            (LoadAt<WORD, OFFSET>, Constant<MOV>, LoadAt<WORD, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>)
            (LoadAt<WORD, OFFSET>, Constant<SUB>, Register<AND>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>,
                Register<MOV>, Call)
            (LoadAt<WORD, OFFSET>, Flagged<CMP, IMMEDIATE>, Register<ADD>, Register<ADD>, Register<MOV>, StoreAt<WORD,
                OFFSET>, Branch<NOT_EQUAL>)
            (LoadAt<WORD, OFFSET>, Flagged<SUB, IMMEDIATE>, LoadAt<WORD, OFFSET>, Constant<ADD>, StoreAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, Constant<ADD>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, LoadAt<BYTE, OFFSET>, BranchZero<false>, Register<MOV>, StoreAt<BYTE, OFFSET>,
                Flagged<MOV, IMMEDIATE>, Register<MOV>, Call)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, REGISTER>, Constant<MOV>,
                LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, Register<MOV>, Constant<MVN>)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, REGISTER>, LoadAt<HALF,
                OFFSET_REGISTER>, CompareBranch<LOWER, CMP, REGISTER>, Constant<MOV>, AddAddress, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<HIGHER_OR_SAME, CMP, REGISTER>, Constant<ADD>,
                StoreAt<WORD, OFFSET>, StoreAt<BYTE, OFFSET>, LoadAt<WORD, POST>, Exchange)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<HIGHER_OR_SAME, CMP, REGISTER>, Register<SUB>,
                Flagged<CMP, REGISTER>, Unless<HIGHER_OR_SAME>, Register<MOV>, CompareBranch<LOWER_OR_SAME, CMP,
                IMMEDIATE>)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<ADD, REGISTER>, StoreAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, Flagged<SUB, REGISTER>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<ADD>,
                Unless<EQUAL>, Constant<ADD>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<EOR, REGISTER>, Constant<MOV>, Branch<EQUAL>, Call)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>, Register<ADD>)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                Register<SUB>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<EOR>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                Register<AND>, Register<AND>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Register<MOV>,
                Constant<MOV>, Constant<MOV>, AddAddress)
            (LoadAt<WORD, OFFSET>, Register<ADD>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>,
                StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, Register<ADD>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>,
                StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, Register<ADD>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>,
                StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>)
            (LoadAt<WORD, OFFSET>, Register<AND>, Constant<ADD>, LoadAt<WORD, OFFSET_REGISTER>, Constant<ADD>,
                Flagged<CMP, IMMEDIATE>, Register<ADD>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, Register<MOV>)
            (LoadAt<WORD, OFFSET>, Register<MOV>, Call)
            (LoadAt<WORD, OFFSET>, Register<MOV>, LoadAt<BYTE, POST>, ExchangeLink)
            (LoadAt<WORD, OFFSET>, Register<MOV>, LoadAt<WORD, PRE>, Constant<ADD>, Flagged<CMP, IMMEDIATE>,
                Shifted<MOV, ROTATE>, Shifted<EOR, ROTATE>, Shifted<EOR, RIGHT>)
            (LoadAt<WORD, OFFSET>, SetCarry)
            (LoadAt<WORD, OFFSET>, SetCarry, CompareBranch<NOT_EQUAL, TST, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, Constant<SUB>, Flagged<CMP, IMMEDIATE>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, ShiftConstant<0, 2>, Branch<MINUS>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                Flagged<SUB, IMMEDIATE>, StoreAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (LoadAt<WORD, OFFSET>, ShiftConstant<0, 2>, Branch<MINUS>, Register<MOV>, Flagged<ADD, IMMEDIATE>, Call)
            (LoadAt<WORD, OFFSET>, Shifted<MOV, LEFT>, Register<ADC>, LoadAt<WORD, OFFSET>, ShiftConstant<0, 2>,
                ShiftConstant<1, 2>, Shifted<ORR, RIGHT>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, Shifted<MOV, ROTATE>, Register<AND>, StoreAt<WORD, OFFSET>, Shifted<EOR, ROTATE>,
                Register<BIC>, Shifted<EOR, ROTATE>)
            (LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Branch<EQUAL>, Constant<MOV>, Register<MOV>)
            (LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>, Flagged<MOV, IMMEDIATE>, Call)
            (LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Constant<MOV>)
            (LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Constant<MOV>,
                Constant<MOV>, AddAddress)
            (LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Register<ADD>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET>, Unless<HIGHER_OR_SAME>, Register<MOV>, LoadAt<WORD, OFFSET>, Unless<LOWER>,
                Constant<MOV>, Constant<ADD>, Unless<LOWER>)
            (LoadAt<WORD, OFFSET>, Unless<NOT_EQUAL>, Constant<MOV>, Unless<NOT_EQUAL>, AddAddress, Constant<MOV>,
                Constant<MOV>, Constant<ADD>)
            (LoadAt<WORD, OFFSET_REGISTER>, Branch<MINUS>, Constant<MOV>, Register<ADD>, LoadAt<WORD, OFFSET>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, ShiftConstant<0, 2>, Branch<PLUS>)
            (LoadAt<WORD, OFFSET_REGISTER>, Call)
            (LoadAt<WORD, OFFSET_REGISTER>, Constant<ADD>, Flagged<CMP, IMMEDIATE>, Register<ADD>, LoadAt<WORD, OFFSET>,
                Register<ADD>, Register<EOR>, Register<ADD>)
            (LoadAt<WORD, OFFSET_REGISTER>, Constant<ADD>, LoadAt<WORD, OFFSET>, Constant<BIC>, LoadAt<WORD, OFFSET>,
                CompareBranch<HIGHER_OR_SAME, CMP, REGISTER>, Constant<MOV>, Flagged<CMP, IMMEDIATE>)
            (LoadAt<WORD, OFFSET_REGISTER>, Constant<ADD>, Register<ADD>, Register<ADD>, Register<ADD>, Register<EOR>)
            (LoadAt<WORD, OFFSET_REGISTER>, Constant<SUB>)
            (LoadAt<WORD, OFFSET_REGISTER>, Constant<SUB>, Branch<NOT_EQUAL>, Constant<MOV>, Register<ADD>, LoadAt<WORD,
                OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, CompareBranch<EQUAL, TST, IMMEDIATE>)
            (LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<HIGHER_OR_SAME,
                CMP, REGISTER>, Call)
            (LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<EOR, REGISTER>,
                Constant<MOV>)
            (LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<EOR, REGISTER>,
                Constant<MOV>, Branch<EQUAL>, Call)
            (LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<EOR, REGISTER>,
                Constant<MOV>, Branch<NOT_EQUAL>, Constant<ADD>)
            (LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<SUB, REGISTER>,
                Register<ADD>, Call)
            (LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<SUB>, Register<ADD>,
                Call)
            (LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, BranchZero<true>, LoadAt<WORD, OFFSET>, BranchZero<false>)
            (LoadAt<WORD, OFFSET_REGISTER>, Register<MOV>)
            (LoadAt<WORD, OFFSET_REGISTER>, Register<MOV>, LoadAt<WORD, OFFSET>, LoadAt<BYTE, POST>, LoadAt<WORD,
                OFFSET>, StoreAt<WORD, OFFSET>, Flagged<CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET_REGISTER>, Register<MOV>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Register<MOV>, Call)
            (LoadAt<WORD, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>)
            (LoadAt<WORD, OFFSET_REGISTER>, Unless<HIGHER_OR_SAME>, Constant<ADD>)
            (LoadAt<WORD, POST>, Branch<NOT_EQUAL>, Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<ADD>,
                Unless<NOT_EQUAL>, SetCarry, Flagged<TST, IMMEDIATE>)
            (LoadAt<WORD, POST>, Flagged<AND, IMMEDIATE>, Constant<RSB>, Branch<EQUAL>, Constant<ORR>, Flagged<SUB,
                IMMEDIATE>, Unless<GREATER>, Constant<ORR>)
            (LoadAt<WORD, PRE>, Call)
            (StoreAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Constant<ADD>,
                BranchZero<false>, CompareBranch<PLUS, SUB, IMMEDIATE>, Register<MOV>, CompareBranch<LOWER, CMP,
                REGISTER>)
            (StoreAt<BYTE, POST>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, Constant<MOV>, AddAddress, StoreAt<WORD,
                OFFSET>, Flagged<SUB, REGISTER>, Register<MOV>, Constant<ADD>)
            (StoreAt<BYTE, POST>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, Constant<MOV>, AddAddress, StoreAt<WORD,
                OFFSET>, Register<SUB>, Register<MOV>, Constant<ADD>)
            (StoreAt<BYTE, PRE>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Register<SUB>, CompareBranch<NOT_EQUAL, CMP,
                REGISTER>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, Flagged<SUB, IMMEDIATE>, Flagged<MOV, IMMEDIATE>,
                StoreAt<BYTE, OFFSET>)
            (StoreAt<HALF, OFFSET_REGISTER>, StoreAt<HALF, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, Constant<SUB>,
                Flagged<CMP, IMMEDIATE>, StoreAt<WORD, OFFSET>, Branch<NOT_EQUAL>, Constant<ADD>)
            (StoreAt<HALF, POST>, Unless<NOT_EQUAL>, StoreAt<BYTE, POST>, CompareBranch<LOWER, SUB, IMMEDIATE>,
                CompareBranch<HIGHER_OR_SAME, CMP, IMMEDIATE>)
            (StoreAt<WORD, OFFSET>, AddAddress, Constant<ADD>, Register<MOV>, Constant<MOV>, StoreAt<WORD, OFFSET>)
            (StoreAt<WORD, OFFSET>, AddAddress, Constant<ADD>, Register<MOV>, Constant<MOV>, StoreAt<WORD, OFFSET>,
                Shifted<MOV, ROTATE>)
            (StoreAt<WORD, OFFSET>, AddAddress, Constant<ADD>, Register<MOV>, Constant<MOV>, StoreAt<WORD, OFFSET>,
                Shifted<MOV, ROTATE>, Shifted<EOR, ROTATE>)
            (StoreAt<WORD, OFFSET>, Call)
            (StoreAt<WORD, OFFSET>, Constant<ADD>, Shifted<ADD, LEFT>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
                CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Flagged<CMP, IMMEDIATE>)
            (StoreAt<WORD, OFFSET>, Constant<MOV>, AddAddress, AddAddress, LoadAt<WORD, OFFSET_REGISTER>, Shifted<ADD,
                LEFT>, LoadAt<WORD, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>)
            (StoreAt<WORD, OFFSET>, LoadAt<BYTE, OFFSET>, BranchZero<true>, LoadAt<WORD, OFFSET>,
                CompareBranch<NOT_EQUAL, CMP, REGISTER>, Flagged<MOV, IMMEDIATE>, Flagged<MOV, IMMEDIATE>)
            (StoreAt<WORD, OFFSET>, LoadAt<BYTE, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD,
                OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, Constant<MOV>, Constant<MOV>)
            (StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, AddAddress, AddAddress, AddAddress, StoreAt<WORD, OFFSET>,
                CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>)
            (StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Constant<ADD>, StoreAt<WORD, OFFSET>)
            (StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<ADD, IMMEDIATE>, Constant<ADD>)
            (StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, CompareBranch<LESS_OR_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>)
            (StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, ShiftConstant<0, 2>, Branch<MINUS>, LoadAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, REGISTER>, Flagged<MOV, IMMEDIATE>)
            (StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD,
                OFFSET>, LoadAt<WORD, OFFSET>)
            (StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD,
                OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>)
            (StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD,
                OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (StoreAt<WORD, OFFSET>, Register<AND>, Register<BIC>, Register<EOR>, LoadAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, Register<ADD>)
            (StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>)
            (StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>)
            (StoreAt<WORD, OFFSET>, Unless<NOT_EQUAL>, Constant<MOV>, StoreAt<WORD, OFFSET>, Flagged<MOV, IMMEDIATE>,
                Flagged<MOV, IMMEDIATE>, StoreAt<WORD, OFFSET>)
            (StoreAt<WORD, POST>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, StoreAt<WORD, OFFSET>)
        }
    };
}
pub(in super::super) use memory_rows;
