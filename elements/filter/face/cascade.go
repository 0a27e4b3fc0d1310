package face

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/esimov/pigo/core"
)

// cascade is the one of pigo's module (cascade/facefinder), which has it from PICO: see NOTICE.
//
//go:embed facefinder.cascade
var cascade []byte

// classifier is read once for all detectors. It only reads its tables, so they share it.
var classifier = sync.OnceValue(func() *pigo.Pigo {
	c, err := pigo.NewPigo().Unpack(cascade)
	if err != nil {
		panic(fmt.Sprintf("face: the cascade that is built in cannot be read: %v", err))
	}
	return c
})
