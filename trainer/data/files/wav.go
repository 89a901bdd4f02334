package files

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// wavFormat is the "fmt " chunk of a WAV file (RIFF; Multimedia Programming Interface and Data Specifications 1.0).
type wavFormat struct {
	Format, Channels uint16
	Rate, ByteRate   uint32
	Align, Bits      uint16
}

// The formats of samples. An extensible one says which in its tail.
const (
	wavPCM        = 1
	wavFloat      = 3
	wavExtensible = 0xfffe
)

// Sound is what a WAV file holds: samples of all channels in turn, in units of which 2^15 is full scale.
type Sound struct {
	wavFormat
	Samples []float32
}

// ReadWAV reads an uncompressed WAV file: integers of 8 to 32 bits or floats of 32, any number of channels.
func ReadWAV(path string) (*Sound, error) {
	data, err := readWhole(path)
	if err != nil {
		return nil, err
	}
	return parseWAV(path, data)
}

func parseWAV(path string, data []byte) (*Sound, error) {
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WAVE" {
		return nil, diag.InFile(path, "").Errorf(code, "is not a WAV file").Helpf("unpack or copy it again")
	}
	s := &Sound{}
	for chunk := data[12:]; len(chunk) >= 8; {
		name, size := string(chunk[:4]), int(binary.LittleEndian.Uint32(chunk[4:]))
		body := chunk[8:]
		if size > len(body) {
			return nil, diag.InFile(path, "").Errorf(code, "is truncated: chunk %s declares %s and has %d", diag.Short(name), diag.Count(size, "byte"), len(body)).
				Helpf("unpack or copy it again")
		}
		switch name {
		case "fmt ":
			if err := binary.Read(bytes.NewReader(body[:size]), binary.LittleEndian, &s.wavFormat); err != nil {
				return nil, diag.InFile(path, "").Errorf(code, "its format chunk has %s", diag.Count(size, "byte")).Helpf("unpack or copy it again")
			}
			if s.Format == wavExtensible && size >= 26 {
				s.Format = binary.LittleEndian.Uint16(body[24:])
			}
		case "data":
			return s, s.decode(path, body[:size])
		}
		chunk = body[min(len(body), size+size%2):]
	}
	return nil, diag.InFile(path, "").Errorf(code, "holds no samples").Helpf("unpack or copy it again")
}

// decode reads the samples.
func (s *Sound) decode(path string, body []byte) error {
	le := binary.LittleEndian
	var sample func(b []byte) float32
	switch bits := s.Bits; {
	case s.Format == wavPCM && bits == 8:
		sample = func(b []byte) float32 { return float32(int(b[0])-128) * 256 }
	case s.Format == wavPCM && bits == 16:
		sample = func(b []byte) float32 { return float32(int16(le.Uint16(b))) }
	case s.Format == wavPCM && bits == 24:
		sample = func(b []byte) float32 {
			return float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / 256
		}
	case s.Format == wavPCM && bits == 32:
		sample = func(b []byte) float32 { return float32(int32(le.Uint32(b))) / 65536 }
	case s.Format == wavFloat && bits == 32:
		sample = func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) * (1 << 15) }
	}
	if sample == nil || s.Channels == 0 || s.Rate == 0 {
		return diag.InFile(path, "").Errorf(code, "has %s of %s at %d Hz, format %d", diag.Count(s.Channels, "channel"), diag.Count(s.Bits, "bit"), s.Rate, s.Format).
			Helpf("integers of 8, 16, 24 or 32 bits and floats of 32 are read; convert it, for instance with sox")
	}
	size := int(s.Bits) / 8
	n := len(body) / size / int(s.Channels) * int(s.Channels)
	s.Samples = make([]float32, n)
	for i := range s.Samples {
		v := sample(body[i*size:])
		if v != v || math.Abs(float64(v)) > math.MaxFloat32 {
			return diag.InFile(path, "").Errorf(code, "sample %d is no finite number", i).Helpf("write the file again")
		}
		s.Samples[i] = v
	}
	return nil
}

// Is16 gives samples of one channel, 16 bits; false when they are others.
func (s *Sound) Is16() ([]int16, bool) {
	if s.Format != wavPCM || s.Channels != 1 || s.Bits != 16 {
		return nil, false
	}
	out := make([]int16, len(s.Samples))
	for i, v := range s.Samples {
		out[i] = int16(v)
	}
	return out, true
}
