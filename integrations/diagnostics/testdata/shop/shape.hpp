#pragma once
struct Shape { int area() { return w * h; } int w };
