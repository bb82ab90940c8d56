package in

import _ "example.com/shop/ring/out"
