package files

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// maxXZDict is the largest dictionary that xz uses (level 9, 64 MiB), as the byte that declares it; a hostile file
// could ask for 4 GiB.
const maxXZDict = 28

// checkXZ looks at the dictionary that each block declares, before anything of that size is made. It follows the blocks by
// the sizes of their chunks, as a decoder does, since the index at the end may say anything.
//
// Source: the .xz file format, version 1.1.0; LZMA2 as in XZ Embedded.
func checkXZ(data []byte) error {
	x := xzReader{data: data}
	for len(x.data) > x.at {
		if bytes.HasPrefix(x.rest(), make([]byte, 4)) {
			x.skip(4) // between streams
			continue
		}
		if err := x.stream(); err != nil {
			return err
		}
	}
	return nil
}

// xzReader walks over an .xz file without unpacking it. Beyond the end all bytes are 0, and short is set.
type xzReader struct {
	data  []byte
	at    int
	short bool
}

func (x *xzReader) rest() []byte { return x.data[x.at:] }

func (x *xzReader) skip(n int) {
	if n > len(x.rest()) {
		x.short = true
	}
	x.at += min(n, len(x.rest()))
}

func (x *xzReader) bytes(n int) []byte {
	out := make([]byte, n)
	copy(out, x.rest())
	x.skip(n)
	return out
}

func (x *xzReader) byte() int { return int(x.bytes(1)[0]) }
func (x *xzReader) align()    { x.skip(-x.at & 3) }
func (x *xzReader) size() int { return int(binary.BigEndian.Uint16(x.bytes(2))) + 1 }

func (x *xzReader) err() error {
	if x.short {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// number reads one of 7 bits a byte.
func (x *xzReader) number() (n int) {
	for shift := 0; shift < 63; shift += 7 {
		b := x.byte()
		n |= (b & 0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	return n
}

// stream walks over a header, blocks, an index and a footer.
func (x *xzReader) stream() error {
	const header, footer = 12, 12
	start := x.bytes(header)
	if x.short {
		return io.ErrUnexpectedEOF
	}
	if !bytes.HasPrefix(start, []byte(xzMagic)) {
		return errors.New("it goes on after its end")
	}
	check := 0 // bytes of a block's checksum
	if kind := start[7] & 15; kind > 0 {
		check = 4 << ((kind - 1) / 3)
	}
	for len(x.rest()) > 0 && x.rest()[0] != 0 {
		if err := x.block(check); err != nil {
			return err
		}
	}
	x.skip(1)
	for n := 2 * x.number(); n > 0 && !x.short; n-- {
		x.number()
	}
	x.align()
	x.skip(4 + footer)
	return x.err()
}

// block walks over a header, the chunks of LZMA2 and a checksum.
func (x *xzReader) block(check int) error {
	start := x.at
	end := start + 4*(x.byte()+1)
	flags := x.byte()
	for _, present := range []int{0x40, 0x80} { // the sizes of the block
		if flags&present != 0 {
			x.number()
		}
	}
	const lzma2 = 0x21
	filter, properties, dictionary := x.number(), x.number(), x.byte()
	switch {
	case x.short || end > len(x.data):
		return io.ErrUnexpectedEOF
	case flags&3 != 0 || filter != lzma2 || properties != 1 || x.at > end:
		return errors.New("its filter is not LZMA2 alone")
	case dictionary > maxXZDict:
		return errors.New("its dictionary is larger than 64 MiB")
	}
	for x.at = end; ; {
		control := x.byte()
		switch {
		case x.short:
			return io.ErrUnexpectedEOF
		case control == 0:
			x.align()
			x.skip(check)
			return x.err()
		case control < 0x80: // not packed
			size := x.size()
			x.skip(size)
		default:
			x.skip(2) // the size unpacked
			size := x.size()
			if control >= 0xc0 {
				size++ // the properties of the coder
			}
			x.skip(size)
		}
	}
}
