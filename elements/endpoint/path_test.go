package endpoint_test

import (
	"path/filepath"
	"testing"

	"github.com/rivero-media/rivero/elements/endpoint"
)

func TestFilePath(t *testing.T) {
	tests := []struct{ uri, want string }{
		{"file:///tmp/a.webm", "/tmp/a.webm"},
		{"FILE:///tmp/a.webm", "/tmp/a.webm"},
		{"file://localhost/tmp/a.webm", "/tmp/a.webm"},
		{"file:///tmp/with%20space.webm", "/tmp/with space.webm"},
		{"file:///tmp/with space?and#more.webm", "/tmp/with space?and#more.webm"},
		{"file:///tmp/100%.webm", "/tmp/100%.webm"},
		{"file:///tmp/x/../y//a.webm", "/tmp/y/a.webm"},
		{"file:///", ""},
		{"file://", ""},
		{"file:///tmp/", ""},
		{"file://elsewhere/tmp/a.webm", ""},
		{"file://relative.webm", ""},
		{"file:///tmp/%00", ""},
		{"/tmp/a.webm", ""},
		{"http://host/a.webm", ""},
		{"", ""},
	}
	for _, tt := range tests {
		got, err := endpoint.FilePath(tt.uri)
		if got != filepath.FromSlash(tt.want) || (err == nil) != (tt.want != "") {
			t.Errorf("%q: %q, %v; want %q", tt.uri, got, err, tt.want)
		}
	}
}
