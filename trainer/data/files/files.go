// Package files reads the formats that data sets come in: tables, arrays of numpy, the files of the UEA and UCR archive and of Weka,
// IDX images, WAV sound, packed or not. Files are taken as hostile, sizes are checked before memory is taken, and numbers are kept
// to the bit. What of a file is a sequence, a class or a part is package data's to say. Start with OpenRows, OpenNpz and ReadWAV.
package files

// code is the code of every diagnostic of this package.
const code = "data"
