package files

import (
	"math"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// FuzzWAV reads hostile sound.
func FuzzWAV(f *testing.F) {
	f.Add([]byte(filetest.WAV[int16](1, 1, 8000, 1, 2, 3)))
	f.Add([]byte(filetest.WAV[float32](3, 2, 16000, 1, 2)))
	f.Add([]byte(filetest.WAV[float32](3, 1, 8000, float32(math.NaN()))))
	f.Add([]byte(filetest.WAV[uint8](1, 0, 8000, 1, 2)))
	f.Add([]byte(strings.Replace(filetest.WAV[int16](wavExtensible, 1, 8000, 1), "\x10\x00\x00\x00", "\x28\x00\x00\x00", 1)))
	f.Add([]byte(strings.Replace(filetest.WAV[int16](1, 1, 8000, 1), "\x10\x00\x00\x00", "\xff\xff\xff\xff", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s *Sound
		err := hostile.Read(t, "f.wav", func() (err error) { s, err = parseWAV("f.wav", data); return err })
		if err == nil && (s.Channels == 0 || len(s.Samples)%int(s.Channels) != 0 || len(s.Samples) > len(data)) {
			t.Fatalf("%d samples of %d channels", len(s.Samples), s.Channels)
		}
	})
}
