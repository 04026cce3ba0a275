/// How many of one SKU a line of a cart or an order can have.
package enum LineQuantity {
    package static let maximum = 999
}
