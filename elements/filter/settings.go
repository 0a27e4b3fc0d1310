package filter

import "github.com/rivero-media/rivero/elements/access"

// Settings are what filters need of the configuration.
type Settings struct {
	Access *access.Policy // of what URIs of images name
}
