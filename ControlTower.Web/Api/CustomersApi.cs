using System.ComponentModel;
using System.Text.Json.Serialization;
using ControlTower.Data.Catalog;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// <c>/api/v1/customers</c>: customers as the channels within a client's reach tell of them. Who they are is masked without <see cref="Scopes.PersonalRead"/>.
/// </summary>
internal static class CustomersApi
{
    private const string List = "customers";

    public static void MapCustomers(this IEndpointRouteBuilder routes) =>
        routes.MapGet($"{GovernedApi.Root}/customers", ListAsync).Governed(Scopes.CustomersRead, new ApiOperation(
            "customers.list", "customers", "Customers of channels", "A page of customers by channel and id. E-mail, phone and name are masked unless the client has the scope api:personal:read.")
        {
            Parameters = [ApiParameter.Text("source", "The channel: a connection's id."), .. ApiParameter.Pages], Answers = [new ApiAnswer(200, CustomersJson.Default.CustomerPage, "A page.")],
        });

    private static async Task<IResult> ListAsync(HttpContext http, CustomerQueries customers)
    {
        List<FieldError> errors = [.. ApiRequest.Unknown(http, "source", "limit", "after")];
        var source = await GovernedApi.SourcesAsync(http, errors);
        if (source.Count > 1)
            errors.Add(new FieldError("?source", "given-twice", "Give it once."));
        var (limit, after) = ApiPaging.Read(http, List, errors);
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid(errors));
        var caller = ApiKeyScheme.CallerOf(http);
        var place = after?.Split('\n', 2);
        var rows = await customers.OfChannelsAsync(caller.Reach, source.Count == 1 ? source[0] : null, place is null ? null : (place[0], place.Length == 2 ? place[1] : ""), limit + 1, http.RequestAborted);
        var plain = caller.Has(Scopes.PersonalRead);
        return Results.Json(
            new CustomerPage([.. rows.Take(limit).Select(row => Told(row, plain))], rows.Count > limit ? ApiPaging.Seal(List, $"{rows[limit - 1].ConnectionId}\n{rows[limit - 1].Customer}") : null), CustomersJson.Default.CustomerPage);
    }

    private static CustomerListed Told(KnownCustomer c, bool plain) =>
        plain
            ? new CustomerListed(c.ConnectionId, c.Customer, c.Email, c.Phone, c.Name, Masked: false, c.ChangedAt)
            : new CustomerListed(c.ConnectionId, c.Customer, Email(c.Email), Last(c.Phone), Initials(c.Name), Masked: true, c.ChangedAt);

    // So much that two can be told apart by who knows them, and nobody be found by who does not.
    private static string? Email(string? email) => email is not { Length: > 0 } ? null : $"{email[0]}***@***{(email.LastIndexOf('.') is var dot and > 0 ? email[dot..] : "")}";

    private static string? Last(string? phone) => phone is not { Length: > 0 } ? null : $"***{(phone.Length > 6 ? phone[^2..] : "")}";

    private static string? Initials(string? name) => name is not { Length: > 0 } ? null : string.Join(' ', name.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2).Select(part => $"{part[0]}."));
}

internal sealed record CustomerPage(IReadOnlyList<CustomerListed> Items, [Description("Pass it as after; null at the end.")] string? Next);

internal sealed record CustomerListed(
    [Description("The channel's connection.")] string Source, [Description("Its id at its channel.")] string Id, string? Email, string? Phone, string? Name, [Description("E-mail, phone and name are not told in full.")] bool Masked, DateTimeOffset ChangedAt);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8)]
[JsonSerializable(typeof(CustomerPage))]
internal sealed partial class CustomersJson : JsonSerializerContext;
