package server

import (
	"context"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/server/internal/publicip"
)

// external remembers the public addresses that "auto" has found.
type external struct{ v4, v6 string }

// resolve returns the configuration with addresses in the place of "auto". One that nobody knows is left out with a
// warning, and asked for again the next time.
func (x *external) resolve(ctx context.Context, c *conf.Config, log zerolog.Logger) *conf.Config {
	resolved := *c
	w := &resolved.WebRtcEndpoint
	stun := w.StunServerAddress.Addresses(w.StunServerPort)
	for _, family := range []struct {
		name         string
		v6           bool
		setting, own *string
	}{{"externalIPv4", false, &w.ExternalIPv4, &x.v4}, {"externalIPv6", true, &w.ExternalIPv6, &x.v6}} {
		if *family.setting != conf.Auto {
			continue
		}
		if *family.own == "" {
			if addr, err := publicip.Find(ctx, family.v6, stun); err != nil {
				log.Warn().Err(err).Str("setting", family.name).Msg("no public address found, it stays unset")
			} else {
				*family.own = addr.String()
				log.Info().Str("setting", family.name).Stringer("address", addr).Msg("public address found")
			}
		}
		*family.setting = *family.own
	}
	return &resolved
}
