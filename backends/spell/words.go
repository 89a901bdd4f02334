package spell

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// words are a set of names.
type words map[string]bool

func set(lists ...string) words {
	out := words{}
	for _, l := range lists {
		for _, w := range strings.Fields(l) {
			out[w] = true
		}
	}
	return out
}

// The words of C and C++, and the macros that may be defined where generated C is compiled or its header included.
const (
	// ISO/IEC 9899:1999, 9899:2011 and 9899:2024, 6.4.1, and the words that compilers add to them.
	cKeywords = `auto break case char const continue default do double else enum extern float for goto if inline int long register
restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
_Bool _Complex _Imaginary _Alignas _Alignof _Atomic _Generic _Noreturn _Static_assert _Thread_local
alignas alignof bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual
_BitInt _Decimal32 _Decimal64 _Decimal128 asm fortran near far huge interrupt sbit sfr bit code data xdata idata pdata`

	// ISO/IEC 14882:2020 and 14882:2024, 5.11, with the words of transactional memory and reflection.
	cppKeywords = `alignas alignof asm auto bool break case catch char char8_t char16_t char32_t class concept const consteval constexpr
constinit const_cast continue co_await co_return co_yield decltype default delete do double dynamic_cast else enum explicit
export extern false float for friend goto if inline int long mutable namespace new noexcept nullptr operator private protected
public register reinterpret_cast requires return short signed sizeof static static_assert static_cast struct switch template this
thread_local throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t while
and and_eq bitand bitor compl not not_eq or or_eq xor xor_eq
atomic_cancel atomic_commit atomic_noexcept synchronized reflexpr contract_assert`

	// Macros in small letters that stand for something without parentheses: those that GCC and Clang predefine without a dash of
	// -std, those of the headers of C and POSIX, of Altivec, of Qt and of Windows. Names in capitals are left alone by Macro.
	smallMacros = `unix linux i386 i486 i586 i686 mips sparc sun vax hpux sgi mc68000 m68k
errno h_errno stdin stdout stderr complex imaginary noreturn math_errhandling
vector signals slots emit foreach forever small hyper interface
sa_handler sa_sigaction si_pid si_uid si_addr si_status si_value si_band si_code st_atime st_mtime st_ctime
s_addr d_fileno sigev_notify_function sigev_notify_attributes sched_priority
int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t size_t ssize_t ptrdiff_t wchar_t wint_t intptr_t uintptr_t`

	// Macros in capitals of stdint.h, string.h, limits.h and float.h, which generated C can meet beside its own tables, and of
	// build systems' -D. stdint.h's are made by integerMacros.
	capitalMacros = `NULL EOF BUFSIZ FILENAME_MAX FOPEN_MAX TMP_MAX SEEK_SET SEEK_CUR SEEK_END L_tmpnam
CHAR_BIT CHAR_MAX CHAR_MIN SCHAR_MAX SCHAR_MIN UCHAR_MAX SHRT_MAX SHRT_MIN USHRT_MAX INT_MAX INT_MIN UINT_MAX LONG_MAX LONG_MIN
ULONG_MAX LLONG_MAX LLONG_MIN ULLONG_MAX MB_LEN_MAX MB_CUR_MAX RAND_MAX EXIT_SUCCESS EXIT_FAILURE
DEBUG NDEBUG RELEASE ARDUINO AVR ESP32 ESP8266 STM32 F_CPU TABLE I TRUE FALSE PI HIGH LOW INPUT OUTPUT`
)

func integerMacros() string {
	var out []string
	for _, w := range []int{8, 16, 32, 64} {
		for _, kind := range []string{"INT%d", "INT_LEAST%d", "INT_FAST%d"} {
			k := fmt.Sprintf(kind, w)
			for _, end := range []string{"_MAX", "_MIN", "_WIDTH", "_C"} {
				out = append(out, k+end, "U"+k+end)
			}
		}
	}
	for _, k := range []string{"INTPTR", "UINTPTR", "INTMAX", "UINTMAX", "PTRDIFF", "SIG_ATOMIC", "SIZE", "SSIZE", "WCHAR", "WINT"} {
		for _, end := range []string{"_MAX", "_MIN", "_WIDTH", "_C"} {
			out = append(out, k+end)
		}
	}
	return strings.Join(out, " ")
}

// CWords are what no identifier of generated C may be.
func CWords() []string {
	return sorted(cKeywords, cppKeywords, smallMacros, capitalMacros, integerMacros())
}

// Macro reports whether a name looks like a macro, of which every board's headers have hundreds: PORTB, B0, INT16_MAX, HIGH. One
// capital alone, such as U, does not.
func Macro(name string) bool {
	return len(name) > 1 && strings.ContainsFunc(name, unicode.IsUpper) && !strings.ContainsFunc(name, unicode.IsLower)
}

// headerNames are files that a program's include path finds, without .h and in small letters: a file of that name in a folder given
// with -I stands in front of the system's. They are those of ISO C and POSIX.1-2024, of glibc and newlib, of Arduino's core and its
// libraries, which file systems without capitals mix up, of avr-libc, CMSIS and Windows.
var headerNames = set(`
assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbit stdbool
stdckdint stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype
aio cpio dirent dlfcn endian fcntl fmtmsg fnmatch ftw glob grp iconv langinfo libgen libintl monetary mqueue ndbm netdb nl_types poll
pthread pwd regex sched search semaphore spawn strings stropts syslog tar termios trace ulimit unistd utime utmpx wordexp
aliases alloca ar argp argz byteswap crypt elf envz err error execinfo expat features fpu_control fstab fts gconv getopt ieee754
ifaddrs lastlog libelf link malloc math_private mcheck memory mntent nss obstack paths printf pty re_comp regexp resolv sgtty shadow
stab stdc-predef syslimits sysexits syscall thread_db ttyent ucontext ucred ulockmgr ustat utmp values version wait xlocale zconf zlib
stdfix cpu machine newlib unctrl reent process _newlib_version
arduino binary client eeprom hardwareserial ipaddress pgmspace pins_arduino print printable server servo softwareserial spi stream
udp usbapi wcharacter wire wmath wstring wprogram new
io io_avr interrupt core_cm0 core_cm3 core_cm4 core_cm7 cmsis cmsis_gcc arm_math windows tchar conio dos direct
`)

// deviceNames are no file names on Windows, whatever follows the point (Naming Files, Paths, and Namespaces).
var deviceNames = set(`con prn aux nul com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9`)

// functionPrefixes are names in front of which C11, POSIX or the C++ library have functions and macros called _init, _class or the
// like.
var functionPrefixes = set(`sem mtx cnd tss thrd atomic res sig pthread_mutex pthread_cond pthread_attr mbstate regex posix`)

// HeaderName reports whether files of that name would stand in a system header's place.
func HeaderName(name string) bool { return headerNames[strings.ToLower(name)] || Device(name) }

// FunctionPrefix reports whether libraries of C have functions that start with that name.
func FunctionPrefix(name string) bool { return functionPrefixes[strings.ToLower(name)] }

// Device reports whether a file of that name cannot be on Windows.
func Device(name string) bool { return deviceNames[strings.ToLower(name)] }

// The words of Verilog and SystemVerilog: IEEE 1800-2017, table B.1, which holds those of IEEE 1364-2005, annex B.
const verilogKeywords = `accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin bind
bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos config const constraint
context continue cover covergroup coverpoint cross deassign default defparam design disable dist do edge else end endcase
endchecker endclass endclocking endconfig endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive
endprogram endproperty endspecify endsequence endtable endtask enum event eventually expect export extends extern final
first_match for force foreach forever fork forkjoin function generate genvar global highz0 highz1 if iff ifnone ignore_bins
illegal_bins implements implies import incdir include initial inout input inside instance int integer interconnect interface
intersect join join_any join_none large let liblist library local localparam logic longint macromodule matches medium modport
module nand negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1 null or output package packed parameter pmos
posedge primitive priority program property protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure
rand randc randcase randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0
rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal showcancelled signed small
soft solve specify specparam static string strong strong0 strong1 struct super supply0 supply1 sync_accept_on sync_reject_on table
tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union
unique unique0 unsigned until until_with untyped use uwire var vectored virtual void wait wait_order wand weak weak0 weak1 while
wildcard wire with within wor xnor xor`

// VerilogWords are what no identifier of generated Verilog may be: the language's words, and those of C++, of which Verilator warns
// (SYMRSVDWORD).
func VerilogWords() []string { return sorted(verilogKeywords, cppKeywords) }

func sorted(lists ...string) []string {
	var out []string
	for w := range set(lists...) {
		out = append(out, w)
	}
	slices.Sort(out)
	return out
}
