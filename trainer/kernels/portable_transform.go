package kernels

func radix2(x []float32, stride int) {
	step := stride * Lanes
	for ; len(x) > 0; x = x[2*step:] {
		for j := 0; j < step; j += Lanes {
			r0, r1 := (*row)(x[j:]), (*row)(x[step+j:])
			for l := range r0 {
				a, b := r0[l], r1[l]
				r0[l], r1[l] = a+b, a-b
			}
		}
	}
}

func radix4(x []float32, stride int) {
	step := stride * Lanes
	for ; len(x) > 0; x = x[4*step:] {
		for j := 0; j < step; j += Lanes {
			r0, r1, r2, r3 := (*row)(x[j:]), (*row)(x[step+j:]), (*row)(x[2*step+j:]), (*row)(x[3*step+j:])
			for l := range r0 {
				a0, a2 := r0[l]+r2[l], r0[l]-r2[l]
				a1, a3 := r1[l]+r3[l], r1[l]-r3[l]
				r0[l], r1[l], r2[l], r3[l] = a0+a1, a0-a1, a2+a3, a2-a3
			}
		}
	}
}

func radix8(x []float32, stride int) {
	step := stride * Lanes
	for ; len(x) > 0; x = x[8*step:] {
		for j := 0; j < step; j += Lanes {
			r0, r1, r2, r3 := (*row)(x[j:]), (*row)(x[step+j:]), (*row)(x[2*step+j:]), (*row)(x[3*step+j:])
			r4, r5, r6, r7 := (*row)(x[4*step+j:]), (*row)(x[5*step+j:]), (*row)(x[6*step+j:]), (*row)(x[7*step+j:])
			for l := range r0 {
				a0, a4 := r0[l]+r4[l], r0[l]-r4[l]
				a1, a5 := r1[l]+r5[l], r1[l]-r5[l]
				a2, a6 := r2[l]+r6[l], r2[l]-r6[l]
				a3, a7 := r3[l]+r7[l], r3[l]-r7[l]
				a0, a2 = a0+a2, a0-a2
				a1, a3 = a1+a3, a1-a3
				a4, a6 = a4+a6, a4-a6
				a5, a7 = a5+a7, a5-a7
				r0[l], r1[l], r2[l], r3[l] = a0+a1, a0-a1, a2+a3, a2-a3
				r4[l], r5[l], r6[l], r7[l] = a4+a5, a4-a5, a6+a7, a6-a7
			}
		}
	}
}
