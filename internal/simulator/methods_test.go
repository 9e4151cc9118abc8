package simulator

import "testing"

func TestTheTableNamesEachMethodRightly(t *testing.T) {
	for name, m := range methods() {
		if m.name != name {
			t.Errorf("%s is entered as %s", m.name, name)
		}
	}
}
