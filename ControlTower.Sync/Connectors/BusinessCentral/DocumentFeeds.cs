using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Posted invoices and shipments by time of change. The cursor is the time reached and, within a run, the service's own link to the next page:
/// <c>time|link</c>. Resources: <c>salesInvoices:{id},{id}</c> or <c>salesInvoices@{time}</c>.
/// </summary>
internal sealed class DocumentFeeds(ODataCall call, BusinessCentralSettings settings)
{
    public const string Invoices = "salesInvoices";
    public const string Shipments = "salesShipments";

    private const int PageSize = 50;
    private const int MostPages = 40;

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CancellationToken cancel) => request switch
    {
        { Resource: { } resource } when resource.StartsWith($"{Invoices}:", StringComparison.Ordinal) => NamedAsync(resource[(Invoices.Length + 1)..].Split(','), cancel),
        { Resource: { } resource } when resource.StartsWith($"{Invoices}@", StringComparison.Ordinal)
            && DateTimeOffset.TryParse(resource[(Invoices.Length + 1)..], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) => SinceAsync(since, cancel),
        { Resource: null, Feed: Invoices or Shipments } => PageAsync(request, cancel),
        _ => Task.FromResult<FeedAnswer>(new FeedAnswer.Failed(
            new Outcome.Refused(FailureKind.Value, "no-such-feed", $"Business Central has no feed '{request.Resource ?? request.Feed}'."))),
    };

    private async Task<FeedAnswer> NamedAsync(IReadOnlyList<string> ids, CancellationToken cancel)
    {
        var items = new List<FeedItem>();
        foreach (var path in ids.Select(id => OData.Id(Invoices, id)).OfType<string>())
        {
            var answer = await call.ReadAsync($"{path}?$expand=salesInvoiceLines", cancel).ConfigureAwait(false);
            if (answer.Failure is not null && !answer.IsAbsent)
            {
                return new FeedAnswer.Failed(answer.Failure);
            }

            if (answer.Failure is null && Item(Invoices, answer.Body) is { } item)
            {
                items.Add(item);
            }
        }

        return new FeedAnswer.Page(items, null, false);
    }

    private async Task<FeedAnswer> SinceAsync(DateTimeOffset since, CancellationToken cancel)
    {
        var items = new List<FeedItem>();
        string? cursor = null;
        for (var page = 0; page < MostPages; page++)
        {
            if (await PageAsync(new FeedRequest(Invoices, cursor, since, TimeSpan.Zero), cancel).ConfigureAwait(false) is not FeedAnswer.Page read)
            {
                return new FeedAnswer.Failed(new Outcome.NotDone(FailureKind.Intermittent, "A page of the changed invoices could not be read."));
            }

            items.AddRange(read.Items);
            cursor = read.Cursor;
            if (!read.More)
            {
                break;
            }
        }

        // What is beyond the last page is found by the poll.
        return new FeedAnswer.Page(items, null, false);
    }

    private async Task<FeedAnswer> PageAsync(FeedRequest request, CancellationToken cancel)
    {
        var parts = request.Cursor?.Split('|', 2) ?? [];
        var reached = parts.Length > 0 && DateTimeOffset.TryParse(parts[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : request.Since;
        var link = parts.Length > 1 ? Trusted(parts[1]) : null;
        var from = link is null ? reached - request.Overlap : reached;
        var lines = request.Feed == Invoices ? "salesInvoiceLines" : "salesShipmentLines";
        var answer = link is not null
            ? await call.ReadAsync(link, cancel, PageSize).ConfigureAwait(false)
            : await call.ReadAsync(OData.Where(request.Feed, $"lastModifiedDateTime ge {OData.Time(from)}", $"$orderby=lastModifiedDateTime&$expand={lines}"), cancel, PageSize).ConfigureAwait(false);
        if (answer.Failure is not null)
        {
            return new FeedAnswer.Failed(answer.Failure);
        }

        var rows = answer.Body.Items("value");
        IReadOnlyList<FeedItem> items = [.. rows.Select(r => Item(request.Feed, r)).OfType<FeedItem>()];
        if (Trusted(answer.Body.Text("@odata.nextLink")) is { } next)
        {
            return new FeedAnswer.Page(items, $"{OData.Time(from)}|{next.AbsoluteUri}", true);
        }

        var latest = rows.Select(r => r.Time("lastModifiedDateTime")).OfType<DateTimeOffset>().Append(reached).Max();
        return new FeedAnswer.Page(items, OData.Time(latest), false);
    }

    // The link is the service's, but the token goes where it points: only into our own company.
    private Uri? Trusted(string? link) => Uri.TryCreate(link, UriKind.Absolute, out var uri) && settings.Company.IsBaseOf(uri) ? uri : null;

    private static FeedItem? Item(string feed, JsonElement row)
    {
        if (!Guid.TryParse(row.Text("id"), CultureInfo.InvariantCulture, out var id) || row.Text("lastModifiedDateTime") is not { Length: <= 60 } at)
        {
            return null;
        }

        var key = VendorText.Plain(row.Text("externalDocumentNumber"), 35);
        var body = WithoutContext(row);
        var mark = Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 6));
        return new FeedItem(feed, $"{id:D}@{at}#{mark}", key is null ? $"{feed}/{id:D}" : $"posting/{key}", body);
    }

    // A document read alone carries the address of its metadata, the same document in a list does not: they must be the same message.
    private static byte[] WithoutContext(JsonElement row)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var property in row.EnumerateObject().Where(p => p.Name != "@odata.context"))
            {
                property.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
