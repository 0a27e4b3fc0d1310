// Package vision is what the modules that look at pictures share: colours found in a part of a picture, planes of brightness,
// integral images, connected components, quadrilaterals, homographies, and drawing into pictures. It works on memory that it
// keeps from picture to picture, so that looking allocates nothing, and imports nothing that moves media.
package vision
