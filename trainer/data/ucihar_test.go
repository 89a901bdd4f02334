package data

import (
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// uciFolder writes a folder in the layout of the UCI HAR archive: two channels, windows of three steps.
func uciFolder(t testing.TB) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"train/Inertial Signals/acc_x_train.txt":  "  1.0e+0 2 3\n 4 5 6\n",
		"train/Inertial Signals/gyro_x_train.txt": "-1 -2 -3\n-4 -5 -6\n",
		"train/y_train.txt":                       "5\n2\n",
		"train/subject_train.txt":                 "1\n1\n",
		"test/Inertial Signals/acc_x_test.txt":    "7 8 9\n",
		"test/Inertial Signals/gyro_x_test.txt":   "-7 -8 -9\n",
		"test/y_test.txt":                         "2\n",
		"test/subject_test.txt":                   "2\n",
		"activity_labels.txt":                     "2 WALKING_UPSTAIRS\n5 STANDING\n",
	} {
		filetest.Write(t, dir, name, []byte(text))
	}
	return dir
}

func TestUCIFolder(t *testing.T) {
	s := load(t, uciFolder(t), "valid=0")
	if s.Train.N != 2 || s.Test.N != 1 || s.Train.T != 3 || s.Train.D != 2 || !slices.Equal(s.Classes, []string{"walking_upstairs", "standing"}) {
		t.Fatalf("%+v", s)
	}
	if got := values(&s.Train, 1); !slices.Equal(got, []float64{4, -4, 5, -5, 6, -6}) || s.Train.Label(0) != 1 || s.Test.Groups[0] != 2 {
		t.Errorf("got %v", got)
	}
	if one := load(t, uciFolder(t), "valid=0", "channels=gyro_x"); !slices.Equal(values(&one.Test, 0), []float64{-7, -8, -9}) {
		t.Errorf("got %v", values(&one.Test, 0))
	}
}

func TestUCIFolderErrors(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"train/Inertial Signals/acc_x_train.txt", "1 2 3\n4 5\n", "acc_x_train.txt:2:1: error[data]: has 2 numbers; the first line has 3"},
		{"train/Inertial Signals/acc_x_train.txt", "1 2 x\n4 5 6\n", `acc_x_train.txt:1:1: error[data]: column 3 is "x", which is no finite number`},
		{"train/Inertial Signals/gyro_x_train.txt", "1 2 3\n", "has 1 window of 3 steps; acc_x has 2 of 3"},
		{"test/Inertial Signals/acc_x_test.txt", "\n", "has no number"},
		{"train/y_train.txt", "1\n", "does not have one whole number for each of 2 windows"},
		{"test/subject_test.txt", "1.5\n", "does not have one whole number"},
	} {
		dir := uciFolder(t)
		filetest.Write(t, dir, test.name, []byte(test.text))
		if _, err := Load(dir, Defaults()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}
