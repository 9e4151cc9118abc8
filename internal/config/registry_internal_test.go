package config

import (
	"maps"
	"reflect"
	"slices"
	"testing"
)

// The registry has the keys of the struct that the file is decoded into, and no
// others.
func TestRegistryIsWhole(t *testing.T) {
	taken, listed := make(map[string]bool), make(map[string]bool)
	tags(reflect.TypeFor[fields](), "", taken)
	for _, k := range Keys() {
		listed[k.Name] = true
	}
	if !maps.Equal(taken, listed) {
		t.Errorf("the decoder takes\n%v\nand the registry lists\n%v", slices.Sorted(maps.Keys(taken)), slices.Sorted(maps.Keys(listed)))
	}
}

func tags(of reflect.Type, prefix string, into map[string]bool) {
	for i := range of.NumField() {
		f := of.Field(i)
		name := prefix + f.Tag.Get("toml")
		into[name] = true
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			tags(inner, name+".", into)
		}
	}
}
