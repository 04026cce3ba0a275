import CShopAPI
import OpenAPI
import Web

extension OpenAPIFragment {
    package static let accounts = OpenAPIFragment(accounts_openapi, problems: ProblemKind.accounts)
}
