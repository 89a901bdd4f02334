package compiler

// Version is hrnnc's own; it stands in the header of every generated file.
const Version = "0.1.0"
