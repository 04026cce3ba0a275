enum Schema { static let requiredVersion = 3 }
