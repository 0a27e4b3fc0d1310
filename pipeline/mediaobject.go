package pipeline

import (
	"context"
	"reflect"
)

// MediaObjectClass describes MediaObject.
var MediaObjectClass = &Class{
	Name: "MediaObject", Module: "core",
	Methods: Methods(
		Get("mediaPipeline", func(o Object) *MediaPipeline { return o.Base().Pipeline() }),
		Get("parent", func(o Object) Object { return o.Base().parent }),
		Get("id", func(o Object) string { return o.ID() }),
		Get("children", func(o Object) []Object { return o.Base().Children() }),
		Get("childs", func(o Object) []Object { return o.Base().Children() }), // 6.x
		Property("name",
			func(o Object) string { return o.Base().Name() },
			func(o Object, name string) error { o.Base().setName(name); return nil }),
		Property("sendTagsInEvents",
			func(o Object) bool { return o.Base().sendsTags() },
			func(o Object, send bool) error { o.Base().setSendTags(send); return nil }),
		Get("creationTime", func(o Object) int { return int(o.Base().created.Unix()) }),
		Do("addTag", func(_ context.Context, o Object, p Tag) error { o.Base().addTag(p); return nil }),
		Do("removeTag", func(_ context.Context, o Object, p tagKey) error { o.Base().removeTag(p.Key); return nil }),
		Op("getTag", func(_ context.Context, o Object, p tagKey) (string, error) { return o.Base().tag(p.Key) }),
		Op("getTags", func(_ context.Context, o Object, _ None) ([]Tag, error) { return o.Base().tagList(), nil }),
	),
	Events: []EventType{Raises[Error]()},
	Refer:  reflect.TypeFor[Object](),
}

type tagKey struct {
	Key string `kurento:"key"`
}

// Error is the event of something that went wrong where no answer could say so.
type Error struct {
	RaiseBase
	Description string `kurento:"description"`
	ErrorCode   int    `kurento:"errorCode"`
	Type        string `kurento:"type"`
}

func (o *MediaObject) sendsTags() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sendTags
}

func (o *MediaObject) setSendTags(send bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sendTags = send
}

func (o *MediaObject) addTag(t Tag) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tags[t.Key] = t.Value
}

func (o *MediaObject) removeTag(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.tags, key)
}

func (o *MediaObject) tag(key string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	value, ok := o.tags[key]
	if !ok {
		return "", Errorf(TagKeyNotFound, "Tag key not found")
	}
	return value, nil
}
