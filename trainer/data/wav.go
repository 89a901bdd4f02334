package data

import (
	"bytes"
	"encoding/binary"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

// wavFormat is the "fmt " chunk of a WAV file (RIFF; Multimedia Programming Interface and Data Specifications 1.0).
type wavFormat struct {
	Format, Channels uint16
	Rate, ByteRate   uint32
	Align, Bits      uint16
}

// readWAV reads the samples of a WAV file of one channel, 16 bits, uncompressed, at the given rate in Hz.
func readWAV(path string, rate uint32) ([]int16, error) {
	data, err := fileio.Read(path, code)
	if err != nil {
		return nil, err
	}
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WAVE" {
		return nil, fail(path, "").Errorf(code, "is not a WAV file").Helpf("unpack or copy it again")
	}
	var format wavFormat
	for chunk := data[12:]; len(chunk) >= 8; {
		name, size := string(chunk[:4]), int(binary.LittleEndian.Uint32(chunk[4:]))
		body := chunk[8:]
		if size > len(body) {
			return nil, fail(path, "").Errorf(code, "is truncated: chunk %s declares %d bytes and has %d", fileio.Printable(name), size, len(body)).Helpf("unpack or copy it again")
		}
		switch name {
		case "fmt ":
			if err := binary.Read(bytes.NewReader(body[:size]), binary.LittleEndian, &format); err != nil {
				return nil, fail(path, "").Errorf(code, "its format chunk has %d bytes", size).Helpf("unpack or copy it again")
			}
		case "data":
			if format.Format != 1 || format.Channels != 1 || format.Bits != 16 || format.Rate != rate {
				return nil, fail(path, "").Errorf(code, "has %d channels of %d bits at %d Hz, format %d; 1 of 16 at %d, format 1 is expected",
					format.Channels, format.Bits, format.Rate, format.Format, rate).Helpf("convert it, for instance with sox")
			}
			samples := make([]int16, size/2)
			for i := range samples {
				samples[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
			}
			return samples, nil
		}
		chunk = body[min(len(body), size+size%2):]
	}
	return nil, fail(path, "").Errorf(code, "holds no samples").Helpf("unpack or copy it again")
}
