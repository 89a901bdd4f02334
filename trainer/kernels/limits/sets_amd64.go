package limits

// operations is how many registers a round of the assembly computes.
const operations = 16

func assembled() []Set {
	return []Set{
		{Name: "avx512", Copy: copyRowsAVX512, Add: addsAVX512, Butterfly: butterfliesAVX512, Round: operations * 16},
		{Name: "avx2", Copy: copyRowsAVX2, Add: addsAVX2, Butterfly: butterfliesAVX2, Round: operations * 8},
	}
}
