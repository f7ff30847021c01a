using System.Text.Json;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>JSON batches: up to a hundred requests, one after the other, each with its own status inside an outer 200. Snapshot isolation is not modelled and refused.</summary>
internal sealed class BcBatch(BcDispatch dispatch)
{
    public const int Largest = 100;

    public async Task<object> RunAsync(JsonElement body, string? isolation)
    {
        if (string.Equals(isolation, "snapshot", StringComparison.OrdinalIgnoreCase)) throw BcError.Bad("The estate does not model batches with snapshot isolation.");
        var requests = body.ValueKind == JsonValueKind.Object && body.TryGetProperty("requests", out var given) && given.ValueKind == JsonValueKind.Array ? given.EnumerateArray().ToList() : throw BcError.Bad("The batch has no requests.");
        if (requests.Count > Largest) throw BcError.Bad($"The batch has more than {Largest} requests.");
        var responses = new List<object>();
        foreach (var request in requests)
        {
            var id = request.TryGetProperty("id", out var name) ? name.ToString() : null;
            BcAnswer answer;
            try
            {
                answer = await dispatch.RunAsync(Call(request));
            }
            catch (BcError e)
            {
                answer = new BcAnswer(e.Status, BcApi.Shape(e));
            }

            var headers = new Dictionary<string, string> { ["content-type"] = "application/json; odata.metadata=minimal", ["odata-version"] = "4.0" };
            if (answer.Location is not null) headers["location"] = answer.Location;
            responses.Add(new { id, status = answer.Status, headers, body = answer.Body });
        }

        return new { responses };
    }

    private static BcCall Call(JsonElement request)
    {
        var url = request.GetProperty("url").GetString()!.Split('?', 2);
        var query = url.Length == 1 ? [] : url[1].Split('&').Select(p => p.Split('=', 2)).ToDictionary(p => Uri.UnescapeDataString(p[0]), p => p.Length > 1 ? Uri.UnescapeDataString(p[1]) : "", StringComparer.Ordinal);
        var match = request.TryGetProperty("headers", out var headers) ? headers.EnumerateObject().FirstOrDefault(h => string.Equals(h.Name, "If-Match", StringComparison.OrdinalIgnoreCase)).Value : default;
        return new BcCall(
            request.GetProperty("method").GetString()!.ToUpperInvariant(), Segment.Parse(url[0]), query,
            match.ValueKind == JsonValueKind.String ? match.GetString() : null, null, request.TryGetProperty("body", out var body) ? body : null);
    }
}
