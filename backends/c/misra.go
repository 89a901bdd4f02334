package c

// deviation is a rule of MISRA C:2012 that generated code does not keep, and why.
type deviation struct{ Rule, Reason string }

// deviations are all of them; TestMisra holds what cppcheck's add-on finds to the list.
var deviations = []deviation{}
