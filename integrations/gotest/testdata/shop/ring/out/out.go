package out

import (
	_ "example.com/shop/ring/in"
)
