using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Items and customers of a company by pages. Only inventory is sold through channels: services and non-stock items are left out. The price is the item's own, in the company's currency; price lists
/// and what groups of customers pay are not in this API.
/// </summary>
internal sealed class MasterFeeds(ODataCall call, BusinessCentralSettings settings, ConnectionProfile profile, TimeProvider clock)
{
    private const int PageSize = 500;
    private const string ItemFields = "$select=id,number,displayName,type,blocked,gtin,unitPrice,unitCost,priceIncludesTax,itemCategoryCode,lastModifiedDateTime";
    private const string CustomerFields = "$select=id,number,displayName,type,email,phoneNumber,lastModifiedDateTime";

    private string? currency;

    public async Task<FeedAnswer> ReadAsync(FeedRequest request, CancellationToken cancel)
    {
        var cursor = CatalogCursor.Of(request, clock.GetUtcNow());
        var customers = CatalogFeeds.IsOfCustomers(request.Feed);
        if (!customers && (await CurrencyAsync(cancel).ConfigureAwait(false)).Failure is { } broken)
        {
            return new FeedAnswer.Failed(broken);
        }

        var (set, fields) = customers ? ("customers", CustomerFields) : ("items", ItemFields);
        var answer = cursor.Page is { } page && Trusted(page) is { } link ? await call.ReadAsync(link, cancel, PageSize).ConfigureAwait(false)
            : cursor.From is { } from ? await call.ReadAsync(OData.Where(set, $"lastModifiedDateTime ge {OData.Time(from)}", $"$orderby=lastModifiedDateTime&{fields}"), cancel, PageSize).ConfigureAwait(false)
            : await call.ReadAsync($"{set}?$orderby=number&{fields}", cancel, PageSize).ConfigureAwait(false);
        if (answer.Failure is not null)
        {
            return answer.Failure is Outcome.Refused && cursor.Page is not null ? cursor.Anew() : new FeedAnswer.Failed(answer.Failure);
        }

        if (answer.Body.At("value") is not { ValueKind: JsonValueKind.Array })
        {
            return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "it has no list"));
        }

        var told = answer.Body.Text("@odata.nextLink");
        var next = Trusted(told)?.AbsoluteUri;
        if (told is not null && next is null)
        {
            // An end that is none would tell that all the rest is gone.
            return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "its next page lies elsewhere"));
        }

        return customers
            ? cursor.Answer([.. answer.Body.Items("value").Select(Customer).OfType<CatalogCustomer>()], next)
            : cursor.Answer([.. answer.Body.Items("value").Select(Item).OfType<CatalogVariant>()], next);
    }

    /// <summary>The currency of the company's books, in which its items are priced; null if nobody says.</summary>
    public async Task<(string? Currency, Outcome? Failure)> CurrencyAsync(CancellationToken cancel)
    {
        if (currency is null)
        {
            var answer = await call.ReadAsync("companyInformation?$select=id,displayName,currencyCode", cancel).ConfigureAwait(false);
            if (answer.Failure is not null)
            {
                return (null, answer.Failure);
            }

            currency = answer.First?.Text("currencyCode") is { Length: > 0 } local ? local : profile.Currency;
        }

        return (currency, null);
    }

    private CatalogVariant? Item(JsonElement read)
    {
        if (!Guid.TryParse(read.Text("id"), System.Globalization.CultureInfo.InvariantCulture, out var id) || read.Time("lastModifiedDateTime") is not { } at || read.Text("type") != "Inventory")
        {
            return null;
        }

        return new CatalogVariant(
            id.ToString("D"), null, VendorText.Plain(read.Text("displayName"), 300) ?? "", VendorText.Plain(read.Text("number"), 100), VendorText.Plain(read.Text("gtin"), 100), read.Flag("blocked") != true,
            read.Amount("unitPrice") is { } price and >= 0 and < 1_000_000_000_000m && Currencies.IsCode(currency)
                ? [new CatalogPrice(currency!, price, TaxIncluded: read.Flag("priceIncludesTax"))] : [],
            at,
            // Nought is what an item costs that was never bought: nobody knows yet.
            read.Amount("unitCost") is { } cost and > 0 and < 1_000_000_000_000m ? cost : null,
            Facets: CatalogFacet.Of([(CatalogFacet.Category, VendorText.Plain(read.Text("itemCategoryCode"), 60))]));
    }

    private static CatalogCustomer? Customer(JsonElement read) =>
        Guid.TryParse(read.Text("id"), System.Globalization.CultureInfo.InvariantCulture, out var id) && read.Time("lastModifiedDateTime") is { } at
            ? new CatalogCustomer(
                id.ToString("D"), VendorText.Plain(read.Text("email"), 254), VendorText.Plain(read.Text("phoneNumber"), 60), null, null, VendorText.Plain(read.Text("displayName"), 100), at)
            : null;

    // The link is the service's, but the token goes where it points: only into our own company.
    private Uri? Trusted(string? link) => Uri.TryCreate(link, UriKind.Absolute, out var uri) && settings.Company.IsBaseOf(uri) ? uri : null;
}
