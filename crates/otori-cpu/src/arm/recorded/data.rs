//! Rows that begin with an operation on a constant, a shift or a product: [`data_rows`], for [`super::super::join`].

/// Appends the rows, with the names as they are where this is called.
macro_rules! data_rows {
    ($rows:ident) => {
        crate::chain::joins! { Cpu, $rows, often;
            (AddAddress, AddAddress, Register<MOV>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, StoreAt<WORD, OFFSET>, Constant<MOV>)
            (AddAddress, CompareBranch<EQUAL, CMP, IMMEDIATE>, CompareBranch<LESS, CMP, IMMEDIATE>, Constant<ADD>,
                Flagged<CMP, IMMEDIATE>, Unless<LOWER_OR_SAME>, Constant<MOV>, Branch<LOWER_OR_SAME>)
            (AddAddress, Flagged<AND, IMMEDIATE>, StoreAt<WORD, OFFSET>, Register<MOV>, Branch<EQUAL>, Constant<MOV>,
                AddAddress)
            (AddAddress, LoadAt<BYTE, OFFSET>, Constant<MOV>, Flagged<CMP, IMMEDIATE>, AddAddress, Register<MOV>,
                Branch<EQUAL>, CompareBranch<LESS, CMP, IMMEDIATE>)
            (AddAddress, LoadAt<BYTE, PRE>, BranchZero<false>, LoadAt<WORD, OFFSET>, BranchZero<false>, StoreAt<WORD,
                OFFSET>, StoreAt<WORD, OFFSET>, Constant<ADD>)
            (AddAddress, LoadAt<WORD, OFFSET>)
            (AddAddress, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (AddAddress, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Constant<MOV>, Flagged<MOV,
                IMMEDIATE>, Constant<MOV>, AddAddress)
            (AddAddress, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<EOR,
                REGISTER>, Constant<MOV>, Branch<NOT_EQUAL>)
            (AddAddress, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<EOR,
                REGISTER>, Constant<MOV>, Branch<NOT_EQUAL>, Constant<ADD>)
            (AddAddress, Register<ADD>, StoreAt<WORD, OFFSET>, Flagged<AND, IMMEDIATE>, StoreAt<WORD, OFFSET>,
                Branch<EQUAL>, Constant<BIC>, Register<MOV>)
            (AddAddress, Register<MOV>)
            (AddAddress, Register<MOV>, LoadAt<BYTE, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, Constant<SUB>, Flagged<CMP,
                IMMEDIATE>, Register<MOV>)
            (AddAddress, ShiftConstant<1, 2>, LoadAt<WORD, OFFSET>, CompareBranch<LOWER_OR_SAME, CMP, REGISTER>,
                Constant<MOV>, Constant<ADD>, LoadAt<WORD, OFFSET>, AddAddress)
            (AddAddress, Shifted<ADD, LEFT>, LoadAt<BYTE, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                Constant<MOV>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (AddAddress, StoreAt<WORD, OFFSET>)
            (AddAddress, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, Flagged<TST, IMMEDIATE>, LoadAt<WORD,
                OFFSET>, StoreAt<WORD, OFFSET>, Constant<MOV>)
            (AddAddress, StoreAt<WORD, OFFSET>, Register<ADD>, LoadAt<WORD, OFFSET>, Call)
            (Bits<false>, Bits<false>, StoreAt<WORD, OFFSET>, Constant<ADD>, LoadAt<HALF, OFFSET_REGISTER>,
                StoreAt<HALF, OFFSET_REGISTER>, StoreAt<HALF, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>)
            (Bits<false>, CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>, CompareBranch<EQUAL, CMP, IMMEDIATE>,
                LoadAt<WORD, OFFSET>, Flagged<SUB, IMMEDIATE>, StoreAt<WORD, OFFSET>, Constant<ADD>, Flagged<MOV,
                IMMEDIATE>)
            (Bits<false>, LoadAt<WORD, OFFSET>, LoadAt<HALF, OFFSET_REGISTER>, CompareBranch<HIGHER_OR_SAME, CMP,
                REGISTER>, LoadAt<WORD, OFFSET>, Flagged<SUB, IMMEDIATE>, StoreAt<WORD, OFFSET>)
            (Bits<false>, ShiftConstant<0, 2>, Branch<EQUAL>, Register<MOV>)
            (Constant<ADD>, AddAddress)
            (Constant<ADD>, AddAddress, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, REGISTER>,
                Shifted<MOV, LEFT>, LoadAt<HALF, OFFSET_REGISTER>, CompareBranch<LOWER, CMP, REGISTER>)
            (Constant<ADD>, Branch<HIGHER_OR_SAME>, CompareBranch<EQUAL, TST, IMMEDIATE>, Constant<AND>, Register<ADD>,
                Register<ADD>, Constant<RSB>)
            (Constant<ADD>, Call)
            (Constant<ADD>, Constant<ADD>, LoadAt<WORD, PRE>, Exchange)
            (Constant<ADD>, Constant<ADD>, Shifted<ADD, LEFT>, Shifted<ADD, LEFT>, LoadAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, LoadAt<WORD, OFFSET>, Register<EOR>)
            (Constant<ADD>, Flagged<CMP, IMMEDIATE>, Register<ADD>, Branch<HIGHER>, CompareBranch<HIGHER, CMP,
                IMMEDIATE>, CompareBranch<EQUAL, CMP, IMMEDIATE>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD,
                OFFSET>)
            (Constant<ADD>, Flagged<CMP, IMMEDIATE>, Register<ADD>, LoadAt<WORD, OFFSET>, Register<ADD>, Register<EOR>,
                Register<ADD>)
            (Constant<ADD>, Flagged<CMP, IMMEDIATE>, Register<ADD>, LoadAt<WORD, OFFSET>, Register<ADD>, Register<EOR>,
                Register<ADD>, Jump)
            (Constant<ADD>, LoadAt<BYTE, PRE>, CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, Constant<ADD>)
            (Constant<ADD>, LoadAt<HALF, OFFSET_REGISTER>, StoreAt<HALF, OFFSET_REGISTER>, StoreAt<HALF,
                OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, Flagged<SUB, IMMEDIATE>, StoreAt<WORD, OFFSET>,
                CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>)
            (Constant<ADD>, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, Constant<MOV>, StoreAt<BYTE,
                OFFSET>, Call)
            (Constant<ADD>, LoadAt<WORD, OFFSET_REGISTER>, Constant<ADD>, Register<ADD>, Register<ADD>, Register<ADD>,
                Register<EOR>)
            (Constant<ADD>, Register<MOV>, Register<MOV>, LoadAt<BYTE, POST>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>,
                Register<MOV>, LoadAt<WORD, OFFSET>)
            (Constant<ADD>, StoreAt<WORD, OFFSET>)
            (Constant<ADD>, StoreAt<WORD, OFFSET>, Register<MOV>, LoadAt<BYTE, OFFSET>, Register<ADD>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>, Register<MOV>)
            (Constant<ADD>, Unless<NOT_EQUAL>, Shifted<EOR, RIGHT>, Unless<NOT_EQUAL>, StoreAt<WORD, OFFSET>,
                Unless<NOT_EQUAL>, StoreAt<WORD, OFFSET>, Branch<EQUAL>)
            (Constant<AND>, CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>, CompareBranch<EQUAL, CMP, IMMEDIATE>,
                LoadAt<WORD, OFFSET>, Constant<SUB>, Constant<SUB>, StoreAt<WORD, OFFSET>, Constant<MOV>)
            (Constant<AND>, Constant<RSB>, Shifted<MOV, LEFT>, Flagged<TST, IMMEDIATE>)
            (Constant<AND>, Constant<SUB>, CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>, CompareBranch<NOT_EQUAL, CMP,
                IMMEDIATE>, Constant<ADD>, Constant<MOV>, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>)
            (Constant<AND>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<MOV>, AddAddress)
            (Constant<AND>, Flagged<CMP, REGISTER>, Unless<GREATER_OR_EQUAL>, Constant<MOV>, Unless<LESS>,
                Constant<AND>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>)
            (Constant<AND>, Flagged<SUB, IMMEDIATE>, Unless<HIGHER_OR_SAME>, StoreAt<BYTE, POST>,
                Unless<HIGHER_OR_SAME>, Flagged<SUB, IMMEDIATE>, Unless<HIGHER_OR_SAME>, StoreAt<BYTE, POST>)
            (Constant<AND>, Register<ADD>, LoadAt<WORD, OFFSET>, Flagged<CMP, IMMEDIATE>, Shifted<ADD, ROTATE>,
                Register<ADD>, Shifted<MOV, ROTATE>, Register<ADD>)
            (Constant<BIC>, CompareBranch<LOWER, CMP, REGISTER>, Constant<ADD>, CompareBranch<LOWER_OR_SAME, CMP,
                REGISTER>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Register<MOV>, Call)
            (Constant<BIC>, Constant<BIC>, ShiftConstant<0, 2>, ShiftConstant<1, 2>, Constant<ORR>, StoreAt<WORD,
                OFFSET>, Flagged<MOV, IMMEDIATE>, StoreAt<WORD, OFFSET>)
            (Constant<BIC>, Constant<BIC>, Shifted<MOV, LEFT>, Shifted<MOV, RIGHT>, Constant<ORR>, StoreAt<WORD,
                OFFSET>, Constant<MOV>, StoreAt<WORD, OFFSET>)
            (Constant<BIC>, Constant<MVN>, Flagged<AND, IMMEDIATE>, Branch<NOT_EQUAL>, Constant<MOV>, Constant<MVN>)
            (Constant<BIC>, Flagged<SUB, IMMEDIATE>, ShiftConstant<1, 2>, Constant<MOV>)
            (Constant<BIC>, LoadAt<WORD, OFFSET>, Constant<ADD>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                Flagged<SUB, IMMEDIATE>, LoadAt<WORD, OFFSET>, Unless<NOT_EQUAL>)
            (Constant<BIC>, LoadAt<WORD, OFFSET>, Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (Constant<BIC>, LoadAt<WORD, OFFSET_REGISTER>, AddAddress, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
                Constant<MOV>, Constant<RSB>, CompareBranch<LOWER, CMP, REGISTER>)
            (Constant<MOV>, AddAddress)
            (Constant<MOV>, AddAddress, Constant<ADD>)
            (Constant<MOV>, AddAddress, Constant<MOV>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>)
            (Constant<MOV>, AddAddress, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, AddAddress, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Jump)
            (Constant<MOV>, AddAddress, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET_REGISTER>, Constant<ADD>)
            (Constant<MOV>, AddAddress, LoadAt<WORD, OFFSET_REGISTER>, Constant<MOV>, LoadAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, LoadAt<WORD, OFFSET>, AddAddress)
            (Constant<MOV>, AddAddress, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, AddAddress, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                Flagged<EOR, REGISTER>, Constant<MOV>, Branch<NOT_EQUAL>)
            (Constant<MOV>, AddAddress, Shifted<ADD, LEFT>, StoreAt<WORD, OFFSET>, Register<MOV>)
            (Constant<MOV>, AddAddress, StoreAt<WORD, OFFSET>)
            (Constant<MOV>, Call)
            (Constant<MOV>, Constant<BIC>, Register<MOV>, StoreAt<WORD, OFFSET>, LoadAt<BYTE, OFFSET>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, Register<MOV>, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, Constant<MOV>)
            (Constant<MOV>, Constant<MOV>, AddAddress)
            (Constant<MOV>, Constant<MOV>, AddAddress, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, CompareBranch<EQUAL, CMP, REGISTER>, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, Constant<MOV>, AddAddress, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, Constant<MOV>, AddAddress, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>)
            (Constant<MOV>, Constant<MOV>, AddAddress, StoreAt<WORD, OFFSET>)
            (Constant<MOV>, Constant<MOV>, Constant<ADD>, Call)
            (Constant<MOV>, Constant<MOV>, Constant<MOV>, AddAddress, StoreAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET_REGISTER>)
            (Constant<MOV>, Constant<MOV>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD,
                OFFSET_REGISTER>, Register<SUB>, Register<SUB>, CompareBranch<LOWER_OR_SAME, CMP, REGISTER>)
            (Constant<MOV>, Constant<MOV>, Register<MOV>, Register<ADD>, Call)
            (Constant<MOV>, Constant<SUB>)
            (Constant<MOV>, Flagged<ADD, REGISTER>, StoreAt<WORD, OFFSET>, Register<MOV>, Bits<false>, Register<MOV>,
                StoreAt<WORD, OFFSET>, Call)
            (Constant<MOV>, Flagged<CMP, IMMEDIATE>, AddAddress)
            (Constant<MOV>, Flagged<MOV, IMMEDIATE>, AddAddress, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, BranchZero<false>, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, Flagged<MOV, IMMEDIATE>, AddAddress, StoreAt<WORD, OFFSET>)
            (Constant<MOV>, Flagged<MOV, IMMEDIATE>, LoadAt<WORD, OFFSET>, AddAddress, StoreAt<WORD, OFFSET>,
                BranchZero<false>)
            (Constant<MOV>, Flagged<SUB, IMMEDIATE>, Flagged<MOV, IMMEDIATE>, AddAddress, Register<MOV>, Shifted<ADD,
                LEFT>, LoadAt<BYTE, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>)
            (Constant<MOV>, LoadAt<BYTE, POST>)
            (Constant<MOV>, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, LoadAt<WORD, OFFSET>, AddAddress)
            (Constant<MOV>, LoadAt<WORD, OFFSET>, AddAddress, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>,
                LoadAt<WORD, OFFSET_REGISTER>, CompareBranch<NOT_EQUAL, CMP, REGISTER>)
            (Constant<MOV>, LoadAt<WORD, OFFSET>, AddAddress, StoreAt<WORD, OFFSET>)
            (Constant<MOV>, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, CompareBranch<EQUAL, CMP,
                IMMEDIATE>, StoreAt<BYTE, POST>, Register<MOV>, LoadAt<WORD, OFFSET>, Call)
            (Constant<MOV>, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, Register<MOV>, Constant<MVN>)
            (Constant<MOV>, LoadAt<WORD, OFFSET>, Constant<SUB>, AddAddress, LoadAt<WORD, OFFSET>, Constant<SUB>,
                ShiftConstant<0, 2>)
            (Constant<MOV>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<BYTE,
                OFFSET>)
            (Constant<MOV>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<BYTE,
                OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET_REGISTER>,
                Register<SUB>, Register<SUB>, CompareBranch<LOWER_OR_SAME, CMP, REGISTER>, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, LoadAt<WORD, OFFSET_REGISTER>)
            (Constant<MOV>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (Constant<MOV>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<ADD,
                IMMEDIATE>, StoreAt<WORD, OFFSET>, Call)
            (Constant<MOV>, LoadAt<WORD, OFFSET_REGISTER>, Register<MOV>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
                Constant<MOV>)
            (Constant<MOV>, Register<ADD>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, AddAddress, Register<ADD>,
                StoreAt<WORD, OFFSET>, Jump)
            (Constant<MOV>, Register<MOV>)
            (Constant<MOV>, Register<MOV>, AddAddress)
            (Constant<MOV>, Register<MOV>, Constant<MOV>, Bits<false>, AddAddress)
            (Constant<MOV>, Register<MOV>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
                Constant<MOV>, StoreAt<WORD, OFFSET>)
            (Constant<MOV>, StoreAt<WORD, OFFSET>)
            (Constant<MOV>, StoreAt<WORD, OFFSET>, Call)
            (Constant<MOV>, StoreAt<WORD, OFFSET>, LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>,
                Constant<SUB>)
            (Constant<MVN>, Constant<SUB>, Exchange)
            (Constant<ORR>, Constant<MOV>, Constant<ADD>, StoreAt<WORD, OFFSET>, Register<MOV>, Constant<MVN>,
                StoreAt<WORD, OFFSET>, Call)
            (Constant<ORR>, Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>, Register<MOV>, Register<ADD>, LoadAt<BYTE,
                OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Jump)
            (Constant<RSB>, Flagged<CMP, REGISTER>, AddAddress, Branch<LOWER>, Flagged<AND, IMMEDIATE>, Register<MOV>,
                Branch<NOT_EQUAL>, CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>)
            (Constant<RSB>, LoadAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>, Register<ADD>)
            (Constant<SUB>, AddAddress, LoadAt<WORD, OFFSET>, Flagged<CMP, RIGHT>, Shifted<MOV, RIGHT>,
                Branch<LOWER_OR_SAME>, LoadAt<WORD, OFFSET>)
            (Constant<SUB>, CompareBranch<HIGHER, CMP, IMMEDIATE>)
            (Constant<SUB>, CompareBranch<HIGHER, CMP, IMMEDIATE>, LoadAt<BYTE, PRE>, Flagged<CMP, IMMEDIATE>,
                Unless<EQUAL>, Exchange, Jump)
            (Constant<SUB>, Constant<ADD>, Constant<ADD>, Flagged<EOR, REGISTER>, Register<EOR>, Register<AND>,
                Register<ORR>, CompareBranch<EQUAL, ADD, IMMEDIATE>)
            (Constant<SUB>, Flagged<ADD, IMMEDIATE>, Bits<false>, Branch<EQUAL>, ShiftConstant<0, 2>, Branch<MINUS>,
                LoadAt<WORD, OFFSET>)
            (Constant<SUB>, LoadAt<WORD, OFFSET>, Flagged<SUB, IMMEDIATE>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                StoreAt<WORD, OFFSET>, Branch<NOT_EQUAL>, StoreAt<WORD, OFFSET>)
            (Constant<SUB>, Shifted<ADD, ROTATE>, Register<ADD>, Constant<ADD>, Flagged<CMN, IMMEDIATE>, Register<ADD>,
                Shifted<MOV, ROTATE>, Constant<AND>)
            (Constant<SUB>, Shifted<EOR, RIGHT>, StoreAt<WORD, OFFSET>, StoreAt<HALF, OFFSET>, Register<MOV>,
                StoreAt<WORD, OFFSET>)
            (Constant<SUB>, Shifted<MOV, RIGHT>, Flagged<ADD, IMMEDIATE>, Constant<AND>, Branch<EQUAL>, SetCarry,
                CompareBranch<NOT_EQUAL, TST, IMMEDIATE>, LoadAt<WORD, OFFSET>)
            (Flagged<ADD, IMMEDIATE>, AddAddress, StoreAt<WORD, OFFSET>, Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>,
                StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (Flagged<ADD, IMMEDIATE>, BranchZero<true>, LoadAt<BYTE, OFFSET>, Flagged<CMP, IMMEDIATE>, StoreAt<WORD,
                OFFSET>, Branch<EQUAL>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>)
            (Flagged<ADD, IMMEDIATE>, Constant<BIC>, LoadAt<WORD, OFFSET_REGISTER>, LoadAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, CompareBranch<HIGHER_OR_SAME, CMP, REGISTER>, Constant<MOV>)
            (Flagged<ADD, IMMEDIATE>, LoadAt<BYTE, OFFSET>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP,
                IMMEDIATE>, Branch<EQUAL>, Constant<SUB>)
            (Flagged<ADD, IMMEDIATE>, ShiftConstant<1, 2>, Shifted<MOV, LEFT>, Shifted<ORR, LEFT>, StoreAt<WORD,
                OFFSET>, Jump)
            (Flagged<ADD, IMMEDIATE>, StoreAt<BYTE, OFFSET>, StoreAt<WORD, OFFSET>, Flagged<MOV, IMMEDIATE>,
                Register<MOV>, LoadAt<WORD, OFFSET>, Call)
            (Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>)
            (Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Flagged<MOV,
                IMMEDIATE>, Constant<MOV>, Call)
            (Flagged<ADD, IMMEDIATE>, StoreAt<WORD, OFFSET>, ShiftConstant<1, 2>, Shifted<ORR, LEFT>, ShiftConstant<1,
                2>, ShiftConstant<1, 2>)
            (Flagged<ADD, REGISTER>, LoadAt<BYTE, OFFSET_REGISTER>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>,
                Register<MOV>, Unless<EQUAL>, Constant<MOV>)
            (Flagged<ADD, REGISTER>, LoadAt<WORD, OFFSET>, Register<ADC>)
            (Flagged<ADD, REGISTER>, LoadAt<WORD, OFFSET>, Register<ADC>, Flagged<ADD, REGISTER>, LoadAt<WORD, OFFSET>,
                Register<ADC>, StoreAt<WORD, OFFSET>, Flagged<CMP, REGISTER>)
            (Flagged<ADD, REGISTER>, Register<ADC>)
            (Flagged<AND, IMMEDIATE>, Branch<EQUAL>, Constant<ADD>, Flagged<CMP, IMMEDIATE>, Register<ADD>,
                Branch<HIGHER>, CompareBranch<HIGHER, CMP, IMMEDIATE>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (Flagged<AND, IMMEDIATE>, Branch<NOT_EQUAL>)
            (Flagged<AND, IMMEDIATE>, Branch<NOT_EQUAL>, CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>, Constant<MOV>)
            (Flagged<AND, IMMEDIATE>, Register<MOV>, StoreAt<WORD, OFFSET>, Branch<EQUAL>, Constant<MOV>, AddAddress,
                LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (Flagged<AND, IMMEDIATE>, StoreAt<WORD, OFFSET>, Branch<NOT_EQUAL>, ShiftConstant<0, 2>, Branch<MINUS>,
                LoadAt<WORD, OFFSET>, Constant<AND>, Bits<false>)
            (Flagged<AND, REGISTER>, Constant<MOV>, StoreAt<BYTE, OFFSET>, Flagged<AND, IMMEDIATE>, AddAddress,
                Unless<NOT_EQUAL>, Constant<RSB>, Register<ADD>)
            (Flagged<AND, REGISTER>, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Flagged<AND,
                REGISTER>, LoadAt<WORD, OFFSET>, Register<EOR>, Register<EOR>)
            (Flagged<CMN, IMMEDIATE>, Branch<EQUAL>, LoadAt<WORD, OFFSET>, Flagged<CMP, IMMEDIATE>, Unless<EQUAL>,
                Constant<ORR>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Call)
            (Flagged<CMP, IMMEDIATE>, Constant<MOV>, Unless<EQUAL>, Constant<ADD>, StoreAt<WORD, OFFSET>, LoadAt<BYTE,
                OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (Flagged<CMP, IMMEDIATE>, Constant<SUB>, Unless<EQUAL>, Register<MOV>, Unless<EQUAL>, Register<MOV>,
                Unless<NOT_EQUAL>, Constant<SUB>)
            (Flagged<CMP, IMMEDIATE>, LoadAt<BYTE, OFFSET>, Constant<SUB>, Branch<NOT_EQUAL>, CompareBranch<NOT_EQUAL,
                CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (Flagged<CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Register<EOR>, Branch<NOT_EQUAL>, Register<AND>,
                Register<EOR>, Flagged<CMP, IMMEDIATE>, Unless<GREATER>)
            (Flagged<CMP, IMMEDIATE>, Register<ADD>, Branch<HIGHER>, CompareBranch<HIGHER, CMP, IMMEDIATE>,
                CompareBranch<EQUAL, CMP, IMMEDIATE>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>,
                Constant<ORR>)
            (Flagged<CMP, IMMEDIATE>, Register<MOV>, Register<MOV>, Constant<ADD>, Branch<NOT_EQUAL>, Constant<AND>)
            (Flagged<CMP, IMMEDIATE>, Register<SUB>, LoadAt<BYTE, OFFSET_REGISTER>, StoreAt<BYTE, PRE>,
                Branch<NOT_EQUAL>, Register<SUB>, CompareBranch<NOT_EQUAL, CMP, REGISTER>, Flagged<CMP, REGISTER>)
            (Flagged<CMP, IMMEDIATE>, StoreAt<BYTE, OFFSET_REGISTER>, Branch<NOT_EQUAL>, LoadAt<BYTE, OFFSET>,
                LoadAt<BYTE, OFFSET_REGISTER>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Register<MOV>)
            (Flagged<CMP, IMMEDIATE>, StoreAt<WORD, OFFSET>)
            (Flagged<CMP, IMMEDIATE>, StoreAt<WORD, OFFSET>, Unless<NOT_EQUAL>, Exchange, LoadAt<WORD, OFFSET>,
                Flagged<CMP, IMMEDIATE>, Unless<EQUAL>, Exchange)
            (Flagged<CMP, IMMEDIATE>, Unless<EQUAL>)
            (Flagged<CMP, IMMEDIATE>, Unless<EQUAL>, Constant<ADD>, Unless<EQUAL>, Register<MOV>)
            (Flagged<CMP, IMMEDIATE>, Unless<EQUAL>, Constant<MOV>, Unless<EQUAL>, Constant<ADD>, Unless<EQUAL>,
                StoreAt<WORD, OFFSET>, Branch<EQUAL>)
            (Flagged<CMP, IMMEDIATE>, Unless<EQUAL>, Constant<MOV>, Unless<NOT_EQUAL>, Constant<AND>)
            (Flagged<CMP, IMMEDIATE>, Unless<EQUAL>, Register<ORR>, Unless<EQUAL>)
            (Flagged<CMP, IMMEDIATE>, Unless<GREATER_OR_EQUAL>, Register<MOV>, Unless<LESS>, LoadAt<BYTE, OFFSET>,
                Unless<LESS>, StoreAt<WORD, OFFSET>, Constant<MOV>)
            (Flagged<CMP, IMMEDIATE>, Unless<HIGHER>, Exchange, LoadAt<BYTE, PRE>, Flagged<CMP, IMMEDIATE>,
                Unless<EQUAL>, Exchange, CompareBranch<EQUAL, CMP, IMMEDIATE>)
            (Flagged<CMP, IMMEDIATE>, Unless<HIGHER_OR_SAME>, Constant<ADD>, Unless<HIGHER_OR_SAME>, Register<MOV>,
                Unless<LOWER>, Constant<MOV>, Unless<LOWER>)
            (Flagged<CMP, IMMEDIATE>, Unless<LESS>, LoadAt<BYTE, OFFSET>, Unless<LESS>, StoreAt<WORD, OFFSET>,
                Unless<GREATER_OR_EQUAL>, Register<MOV>, StoreAt<WORD, OFFSET>)
            (Flagged<CMP, IMMEDIATE>, Unless<LESS_OR_EQUAL>, Constant<MOV>, Unless<GREATER>)
            (Flagged<CMP, IMMEDIATE>, Unless<LOWER_OR_SAME>)
            (Flagged<CMP, IMMEDIATE>, Unless<LOWER_OR_SAME>, Constant<MOV>, Unless<HIGHER>, Constant<MOV>, Flagged<CMP,
                IMMEDIATE>, Unless<EQUAL>, Constant<ORR>)
            (Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>)
            (Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<MOV>, Unless<EQUAL>, Constant<AND>)
            (Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>, Branch<NOT_EQUAL>, Constant<MOV>,
                LoadAt<WORD, OFFSET_REGISTER>, Constant<MOV>, Call)
            (Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>, LoadAt<BYTE, OFFSET>, StoreAt<WORD,
                OFFSET>, Branch<NOT_EQUAL>, Constant<MOV>, Constant<AND>)
            (Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Flagged<CMP, REGISTER>, AddAddress, LoadAt<WORD,
                OFFSET_REGISTER>, Branch<EQUAL>, Constant<MOV>, Register<MOV>)
            (Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, Shifted<MOV, LEFT>, Unless<EQUAL>, Constant<MOV>,
                Unless<NOT_EQUAL>, Constant<RSB>, Register<AND>)
            (Flagged<CMP, LEFT>, Register<ADC>, Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>)
            (Flagged<CMP, LEFT>, Register<ADC>, Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>, Flagged<CMP, LEFT>,
                Register<ADC>, Unless<HIGHER_OR_SAME>)
            (Flagged<CMP, LEFT>, Register<ADC>, Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>, Flagged<CMP, LEFT>,
                Register<ADC>, Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>)
            (Flagged<CMP, REGISTER>, Constant<ADD>, Unless<EQUAL>, Exchange, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>,
                Register<MOV>, Exchange)
            (Flagged<CMP, REGISTER>, Register<ADC>, Unless<HIGHER_OR_SAME>, Register<SUB>, Register<MOV>, Exchange)
            (Flagged<CMP, REGISTER>, Register<MOV>, Branch<EQUAL>, Register<SUB>, Constant<ADD>, Constant<BIC>,
                Register<SUB>, LoadAt<WORD, OFFSET>)
            (Flagged<CMP, REGISTER>, StoreAt<WORD, OFFSET>, Branch<EQUAL>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                SetCarry, Flagged<AND, IMMEDIATE>, Branch<NOT_EQUAL>)
            (Flagged<CMP, REGISTER>, StoreAt<WORD, POST>, Branch<NOT_EQUAL>, Constant<MOV>, LoadAt<WORD, OFFSET>,
                Register<MOV>)
            (Flagged<CMP, REGISTER>, StoreAt<WORD, POST>, Branch<NOT_EQUAL>, Flagged<MOV, IMMEDIATE>)
            (Flagged<CMP, REGISTER>, Unless<LOWER_OR_SAME>, Register<RSB>, Unless<HIGHER>, Register<RSB>, Exchange)
            (Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Constant<MOV>, Exchange)
            (Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>)
            (Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>, Branch<EQUAL>)
            (Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>, Flagged<CMP, IMMEDIATE>, Constant<ADD>, Unless<EQUAL>, Exchange,
                CompareBranch<NOT_EQUAL, TST, IMMEDIATE>, Register<MOV>)
            (Flagged<EOR, REGISTER>, Constant<ADD>, Shifted<ADD, LEFT>, LoadAt<WORD, OFFSET>, Register<EOR>,
                Shifted<ADD, LEFT>, Shifted<MOV, ROTATE>, StoreAt<WORD, OFFSET>)
            (Flagged<MOV, IMMEDIATE>, AddAddress, LoadAt<WORD, OFFSET>, StoreAt<WORD, OFFSET_REGISTER>, Flagged<MOV,
                IMMEDIATE>, Register<MOV>, Constant<ADD>)
            (Flagged<MOV, IMMEDIATE>, Call)
            (Flagged<MOV, IMMEDIATE>, Constant<ADD>, Register<MOV>, Register<MOV>, LoadAt<BYTE, POST>,
                CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, Register<MOV>, LoadAt<WORD, OFFSET>)
            (Flagged<MOV, IMMEDIATE>, Constant<MOV>, Constant<MOV>, AddAddress, StoreAt<WORD, OFFSET>)
            (Flagged<MOV, IMMEDIATE>, Flagged<MOV, IMMEDIATE>, Constant<ADD>, Call)
            (Flagged<MOV, IMMEDIATE>, LoadAt<BYTE, POST>, StoreAt<BYTE, OFFSET_REGISTER>, CompareBranch<NOT_EQUAL, CMP,
                IMMEDIATE>, LoadAt<BYTE, OFFSET>)
            (Flagged<MOV, IMMEDIATE>, LoadAt<WORD, OFFSET>)
            (Flagged<MOV, IMMEDIATE>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET_REGISTER>, StoreAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>)
            (Flagged<MOV, IMMEDIATE>, Register<MOV>, Flagged<MOV, IMMEDIATE>, Register<ADD>, Call)
            (Flagged<MOV, IMMEDIATE>, StoreAt<WORD, OFFSET>)
            (Flagged<MOV, IMMEDIATE>, StoreAt<WORD, OFFSET>, AddAddress, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                Constant<SUB>, Bits<false>, CompareBranch<LOWER_OR_SAME, CMP, IMMEDIATE>)
            (Flagged<MOV, IMMEDIATE>, StoreAt<WORD, OFFSET>, LoadAt<BYTE, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>,
                Register<MOV>, LoadAt<WORD, OFFSET>, Constant<AND>, StoreAt<WORD, OFFSET>)
            (Flagged<ORR, REGISTER>, Branch<NOT_EQUAL>, LoadAt<WORD, OFFSET>, CompareBranch<EQUAL, CMP, IMMEDIATE>,
                CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>, LoadAt<WORD, OFFSET>, Register<ADD>)
            (Flagged<ORR, REGISTER>, Flagged<ORR, REGISTER>, Flagged<ORR, REGISTER>, Branch<EQUAL>, Flagged<SUB,
                REGISTER>, BranchZero<false>, Constant<ADD>, Flagged<SUB, REGISTER>)
            (Flagged<SUB, IMMEDIATE>, Constant<SUB>, Branch<EQUAL>, Constant<MOV>, LoadAt<WORD, OFFSET>)
            (Flagged<SUB, IMMEDIATE>, Shifted<EOR, RIGHT>, StoreAt<WORD, OFFSET>, StoreAt<HALF, OFFSET_REGISTER>,
                Register<MOV>, StoreAt<WORD, OFFSET>)
            (Flagged<SUB, IMMEDIATE>, StoreAt<WORD, OFFSET>, BranchZero<true>, LoadAt<WORD, OFFSET>, BranchZero<false>,
                Call)
            (Flagged<SUB, IMMEDIATE>, StoreAt<WORD, OFFSET>, Constant<ADD>, Flagged<MOV, IMMEDIATE>, LoadAt<BYTE, PRE>,
                LoadAt<BYTE, PRE>, CompareBranch<EQUAL, CMP, REGISTER>, LoadAt<WORD, OFFSET>)
            (Flagged<SUB, IMMEDIATE>, Unless<EQUAL>, Exchange, Branch<LOWER>, CompareBranch<LOWER_OR_SAME, CMP,
                REGISTER>, CompareBranch<EQUAL, TST, REGISTER>)
            (Flagged<SUB, IMMEDIATE>, Unless<HIGHER_OR_SAME>)
            (Flagged<SUB, IMMEDIATE>, Unless<HIGHER_OR_SAME>, StoreAt<BYTE, POST>, Unless<HIGHER_OR_SAME>, Flagged<SUB,
                IMMEDIATE>, Unless<HIGHER_OR_SAME>, StoreAt<BYTE, POST>)
            (Flagged<SUB, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<MOV>, LoadAt<WORD, OFFSET>, BranchZero<false>,
                Constant<ORR>, LoadAt<WORD, OFFSET>, Constant<ADD>)
            (Flagged<SUB, REGISTER>, LoadAt<WORD, OFFSET>, Register<SUB>, CompareBranch<EQUAL, CMP, IMMEDIATE>,
                Register<MOV>, CompareBranch<EQUAL, CMP, IMMEDIATE>, Constant<MOV>, Register<ADD>)
            (Flagged<SUB, REGISTER>, Unless<EQUAL>)
            (Flagged<TST, IMMEDIATE>, Constant<AND>, Branch<EQUAL>, Register<MOV>, LoadAt<BYTE, OFFSET>, Register<MOV>)
            (Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>, Constant<ADD>, Unless<NOT_EQUAL>, SetCarry, Flagged<TST,
                IMMEDIATE>)
            (Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>, LoadAt<WORD, POST>, Unless<NOT_EQUAL>, StoreAt<WORD, POST>)
            (Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>, SetCarry, Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>, SetCarry,
                Flagged<TST, IMMEDIATE>)
            (SetCarry, CompareBranch<EQUAL, TST, IMMEDIATE>, LoadAt<BYTE, PRE>, Shifted<MOV, LEFT>, LoadAt<HALF,
                OFFSET_REGISTER>, SetCarry, CompareBranch<NOT_EQUAL, TST, IMMEDIATE>, CompareBranch<EQUAL, CMP,
                IMMEDIATE>)
            (SetCarry, Flagged<TST, IMMEDIATE>, Unless<NOT_EQUAL>)
            (ShiftConstant<0, 2>, Branch<EQUAL>, Flagged<RSB, IMMEDIATE>, Shifted<SUB, RIGHT>, Unless<MINUS>,
                LoadAt<WORD, POST>)
            (ShiftConstant<0, 2>, Branch<EQUAL>, Register<MOV>)
            (ShiftConstant<0, 2>, Branch<MINUS>)
            (ShiftConstant<0, 2>, Branch<MINUS>, LoadAt<WORD, OFFSET>, Constant<MOV>, Register<MOV>, Constant<MOV>,
                Constant<MOV>, AddAddress)
            (ShiftConstant<0, 2>, Branch<PLUS>)
            (ShiftConstant<0, 2>, Shifted<ORR, RIGHT>, Register<EOR>, Flagged<EOR, REGISTER>, LoadAt<WORD, OFFSET>,
                LoadAt<WORD, OFFSET>, Register<EOR>)
            (ShiftConstant<0, 2>, Unless<HIGHER_OR_SAME>, LoadAt<HALF, POST>, Unless<NOT_EQUAL>, LoadAt<BYTE, OFFSET>,
                Unless<HIGHER_OR_SAME>, StoreAt<HALF, POST>, Unless<NOT_EQUAL>)
            (ShiftConstant<0, 2>, Unless<MINUS>, Constant<ADD>, Unless<MINUS>, Constant<SUB>, Flagged<SUB, IMMEDIATE>,
                Register<MOV>, CompareBranch<HIGHER_OR_SAME, CMP, REGISTER>)
            (ShiftConstant<0, 2>, Unless<NOT_EQUAL>, LoadAt<BYTE, POST>, Unless<HIGHER_OR_SAME>, LoadAt<BYTE, POST>)
            (ShiftConstant<1, 2>, Flagged<CMP, IMMEDIATE>, Unless<LOWER>, Constant<ADD>, Branch<LOWER>, ShiftConstant<1,
                2>, Flagged<CMP, IMMEDIATE>)
            (ShiftConstant<1, 2>, Flagged<CMP, REGISTER>, Unless<HIGHER>, Constant<ORR>, BranchZero<false>,
                Constant<ADD>, CompareBranch<NOT_EQUAL, CMP, IMMEDIATE>)
            (ShiftConstant<1, 2>, Register<EOR>, LoadAt<WORD, OFFSET>, Shifted<ORR, LEFT>, Constant<ADD>, Register<EOR>,
                Register<EOR>, Shifted<EOR, RIGHT>)
            (Shifted<ADD, LEFT>, Constant<MOV>, Shifted<ADD, LEFT>, Register<MOV>, LoadAt<WORD, POST>)
            (Shifted<ADD, LEFT>, Exchange)
            (Shifted<ADD, LEFT>, Shifted<ADD, LEFT>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, Register<EOR>,
                Constant<ADD>, Shifted<ADD, LEFT>, LoadAt<WORD, OFFSET>)
            (Shifted<ADD, LEFT>, StoreAt<WORD, OFFSET>, Flagged<ADD, IMMEDIATE>, LoadAt<WORD, OFFSET>, Shifted<EOR,
                RIGHT>, StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>, StoreAt<HALF, OFFSET_REGISTER>)
            (Shifted<ADD, RIGHT>, Exchange)
            (Shifted<EOR, LEFT>, Register<AND>, StoreAt<WORD, OFFSET>, Constant<ADD>, Shifted<MOV, LEFT>, Register<AND>,
                LoadAt<HALF, OFFSET_REGISTER>, Shifted<MOV, LEFT>)
            (Shifted<EOR, RIGHT>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>, LoadAt<WORD, PRE>, Register<ADD>,
                Register<ADD>)
            (Shifted<EOR, ROTATE>, Register<AND>, Shifted<EOR, ROTATE>, Register<EOR>, Register<ADD>, LoadAt<WORD,
                OFFSET>, Flagged<CMP, IMMEDIATE>, Register<ADD>)
            (Shifted<EOR, ROTATE>, Register<BIC>, Shifted<EOR, ROTATE>, Register<EOR>, Register<ADD>, LoadAt<WORD,
                OFFSET>, Register<AND>, Constant<ADD>)
            (Shifted<EOR, ROTATE>, Register<EOR>, Register<ADD>, LoadAt<WORD, OFFSET>, Register<AND>, Constant<ADD>)
            (Shifted<EOR, ROTATE>, Shifted<EOR, ROTATE>, StoreAt<WORD, OFFSET>, Register<AND>, Register<BIC>,
                Register<EOR>, LoadAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>)
            (Shifted<EOR, ROTATE>, Shifted<MOV, RIGHT>, Constant<BIC>, Shifted<EOR, ROTATE>, Exchange)
            (Shifted<EOR, ROTATE>, StoreAt<WORD, OFFSET>, Register<AND>, Register<BIC>, Register<EOR>, LoadAt<WORD,
                OFFSET>, LoadAt<WORD, OFFSET>, Register<ADD>)
            (Shifted<MOV, RIGHT>, Constant<AND>, Register<MOV>, StoreAt<WORD, OFFSET>, StoreAt<WORD, OFFSET>,
                Register<ADD>, Register<MOV>, Call)
            (Shifted<MOV, RIGHT>, Constant<AND>, Unless<EQUAL>, Constant<MOV>, Unless<NOT_EQUAL>, Constant<MOV>,
                Shifted<ADD, LEFT>)
            (Shifted<MOV, RIGHT>, LoadAt<BYTE, OFFSET>, Flagged<CMP, IMMEDIATE>, Shifted<ADD, LEFT>, LoadAt<WORD,
                OFFSET>, Branch<EQUAL>, Flagged<CMP, REGISTER>, Unless<NOT_EQUAL>)
            (Shifted<MOV, RIGHT>, ShiftConstant<1, 1>, Flagged<ORR, REGISTER>, Branch<NOT_EQUAL>, CompareBranch<EQUAL,
                CMP, IMMEDIATE>, SetCarry)
            (Shifted<MOV, RIGHT>, Shifted<MOV, RIGHT>, Shifted<MOV, RIGHT>, Shifted<ORR, LEFT>, Shifted<ORR, LEFT>,
                Shifted<ORR, LEFT>, Shifted<ORR, LEFT>)
            (Shifted<MOV, RIGHT>, Shifted<ORR, LEFT>, Shifted<MOV, RIGHT>, Shifted<ORR, LEFT>)
            (Shifted<MOV, RIGHT>, Shifted<ORR, LEFT>, Shifted<MOV, RIGHT>, Shifted<ORR, LEFT>, Shifted<MOV, RIGHT>)
            (Shifted<MOV, RIGHT>, Shifted<ORR, LEFT>, Shifted<MOV, RIGHT>, Shifted<ORR, LEFT>, Shifted<MOV, RIGHT>,
                Shifted<ORR, LEFT>)
            (Shifted<MOV, RIGHT>, Shifted<ORR, RIGHT>, Shifted<ORR, LEFT>, StoreAt<WORD, OFFSET>, LoadAt<WORD, OFFSET>,
                Shifted<MOV, LEFT>, Shifted<ORR, RIGHT>)
            (Shifted<MOV, RIGHT>, Unless<EQUAL>, Constant<MOV>, Flagged<CMP, IMMEDIATE>, Unless<NOT_EQUAL>, LoadAt<WORD,
                OFFSET>, Unless<NOT_EQUAL>, StoreAt<WORD, OFFSET>)
            (Shifted<MOV, ROTATE>, Register<AND>, Shifted<EOR, ROTATE>, Register<AND>, Shifted<EOR, ROTATE>)
            (Shifted<MOV, ROTATE>, Register<AND>, Shifted<EOR, ROTATE>, Register<AND>, Shifted<EOR, ROTATE>,
                Register<EOR>)
            (Shifted<MOV, ROTATE>, Register<AND>, Shifted<EOR, ROTATE>, Register<AND>, Shifted<EOR, ROTATE>,
                Register<EOR>, Register<ADD>, LoadAt<WORD, OFFSET>)
            (Shifted<MOV, ROTATE>, Register<AND>, StoreAt<WORD, OFFSET>, Shifted<EOR, ROTATE>, Register<BIC>,
                Shifted<EOR, ROTATE>, Register<EOR>, Register<ADD>)
            (Shifted<MOV, ROTATE>, Shifted<EOR, ROTATE>)
            (Shifted<MOV, ROTATE>, Shifted<EOR, ROTATE>, Register<AND>, Shifted<EOR, ROTATE>, Register<EOR>,
                Register<ADD>, Register<ADD>, Register<ADD>)
            (Shifted<MOV, ROTATE>, Shifted<EOR, ROTATE>, Shifted<EOR, RIGHT>, Constant<ADD>, Register<ADD>, Flagged<CMP,
                IMMEDIATE>, StoreAt<WORD, OFFSET>, Branch<NOT_EQUAL>)
            (Shifted<MOV, ROTATE>, Shifted<EOR, ROTATE>, Shifted<EOR, RIGHT>, LoadAt<WORD, OFFSET>, LoadAt<WORD,
                OFFSET>, LoadAt<WORD, PRE>, Register<ADD>, Register<ADD>)
            (Shifted<MOV, ROTATE>, Shifted<EOR, ROTATE>, Shifted<EOR, RIGHT>, Register<ADD>, StoreAt<WORD, OFFSET>,
                Branch<NOT_EQUAL>, LoadAt<WORD, OFFSET>, Constant<MOV>)
            (Shifted<MOV, ROTATE>, Shifted<EOR, ROTATE>, Shifted<EOR, ROTATE>, StoreAt<WORD, OFFSET>, Register<AND>,
                Register<BIC>)
            (Shifted<ORR, LEFT>, Constant<MOV>)
            (Shifted<ORR, LEFT>, Shifted<MOV, RIGHT>, Shifted<ORR, LEFT>, Register<EOR>, LoadAt<WORD, OFFSET>,
                Register<EOR>, Shifted<MOV, LEFT>, Shifted<ORR, RIGHT>)
            (Shifted<SUB, LEFT>, Flagged<CMP, LEFT>, Register<ADC>, Unless<HIGHER_OR_SAME>, Shifted<SUB, LEFT>,
                Flagged<CMP, LEFT>, Register<ADC>)
        }
    };
}
pub(in super::super) use data_rows;
