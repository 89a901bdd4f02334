package diag

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"epochs", "batch", "rate", "butterflies", "augment_noise", "h", "hh"}
	for got, want := range map[string]string{
		"epoch": "epochs", "Rate": "rate", "buterflys": "butterflies", "augment_nois": "augment_noise", "hx": "h", "x": "", "": "",
		"learning": "", "batches": "batch", "rat": "rate",
	} {
		if near := Nearest(got, names); near != want {
			t.Errorf("%q is near %q, not %q", got, near, want)
		}
	}
}
