package json_test

import (
	std "encoding/json"
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/json"
)

// orders is a text of some 20 KB such as servers send.
var orders = func() string {
	var b strings.Builder
	b.WriteString(`{"orders":[`)
	for i := range 100 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"58851657287490%04d","number":%d,"open":true,"name":"Ann Müller %d","note":null,"tags":["new","paid"],"price":%d.95,"at":{"city":"Berlin","lat":52.52,"lon":13.405}}`, i, 1000+i, i, i)
	}
	b.WriteString(`]}`)
	return b.String()
}()

func BenchmarkDecode(b *testing.B) {
	b.Run("binding", func(b *testing.B) {
		within(b, func(L *lua.LState) {
			b.ReportAllocs()
			b.SetBytes(int64(len(orders)))
			for b.Loop() {
				if _, err := json.Decode(L, orders); err != nil {
					b.Fatal(err)
				}
			}
		})(b)
	})
	b.Run("standard", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(orders)))
		for b.Loop() {
			var v any
			if err := std.Unmarshal([]byte(orders), &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	b.Run("binding", func(b *testing.B) {
		within(b, func(L *lua.LState) {
			v, err := json.Decode(L, orders)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(orders)))
			for b.Loop() {
				if _, err := json.Encode(L, v); err != nil {
					b.Fatal(err)
				}
			}
		})(b)
	})
	b.Run("standard", func(b *testing.B) {
		var v any
		if err := std.Unmarshal([]byte(orders), &v); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		b.SetBytes(int64(len(orders)))
		for b.Loop() {
			if _, err := std.Marshal(v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
