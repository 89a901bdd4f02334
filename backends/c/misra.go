package c

// deviation is a rule of MISRA C:2012 that generated code does not keep, and why.
type deviation struct{ Rule, Reason string }

// deviations are all of them; TestMisra holds what cppcheck's add-on finds to the list.
var deviations = []deviation{
	{"2.5", "The header defines sizes, limits and a version, which a program may use; the source uses none of them. DSP says what a chip has."},
	{"2.7", "A parameter that only an instruction of the chip reads: cppcheck does not look into asm."},
	{"8.7", "output is called by class or bits, and by programs: it is part of the interface."},
	{"8.9", "Tables that one function reads stand at file scope, so that what is in flash stands in one place."},
	{"10.1", "shr and field shift signed numbers to the right where the compiler does so arithmetically, which the preprocessor asks first; " +
		"elsewhere they do it without."},
}
