package conf

// Secret is text that must not reach a log: every way of printing or encoding it gives
// a mask. Convert it to string to use it.
type Secret string

const mask = "***"

// String returns a mask, or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString keeps %#v from showing the text.
func (s Secret) GoString() string { return s.String() }

// MarshalText keeps JSON encoders, and so structured logs, from showing the text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
