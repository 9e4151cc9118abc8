package server

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// Clients are answered in the layer of the API that they speak
// (https://core.telegram.org/api/invoking#layers). This Telegram is written in
// the newest, which is gotd's; what older ones have instead stands in
// layers.tl. A layer in between is served as the known one below it.

//go:embed layers.tl
var layersText string

const (
	everyLayer = "every layer"
	layerMark  = "---"
)

// layers are the older layers that are known, the newest first.
type layers []*layer

// layer is an older layer. It does not change after it was read, but for the
// plans of its definitions.
type layer struct {
	number      int
	definitions map[string]*definition // by the constructor's name in the newest layer
	requests    map[uint32]renewal     // by the method's id in this layer
}

// readLayers reads layers.tl.
func readLayers() (layers, error) {
	var (
		all     layers
		shared  []string
		current *layer
	)
	for line := range strings.Lines(layersText) {
		line = strings.TrimSpace(line)
		switch title, isTitle := strings.CutPrefix(line, layerMark); {
		case line == "" || strings.HasPrefix(line, "//") || line == layerMark+everyLayer+layerMark:
		case isTitle:
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(title, "layer "), layerMark))
			if err != nil {
				return nil, fmt.Errorf("read layers: %w", err)
			}
			current = &layer{number: n, definitions: make(map[string]*definition), requests: renewals[n]}
			for _, line := range shared {
				if err := current.define(line); err != nil {
					return nil, err
				}
			}
			all = append(all, current)
		case current == nil:
			shared = append(shared, line)
		default:
			if err := current.define(line); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func (l *layer) define(line string) error {
	name, d, err := parseDefinition(line)
	if err != nil {
		return fmt.Errorf("layer %d: %q: %w", l.number, line, err)
	}
	l.definitions[name] = d
	return nil
}

// spoken gives what a client is answered in that says it speaks a layer; nil is
// the newest, which is also for those who have said nothing (our choice).
func (all layers) spoken(number int) (*layer, error) {
	if number == 0 || number >= tg.Layer {
		return nil, nil
	}
	for _, l := range all {
		if number >= l.number {
			return l, nil
		}
	}
	return nil, simulator.Refuse(400, "CONNECTION_LAYER_INVALID")
}
