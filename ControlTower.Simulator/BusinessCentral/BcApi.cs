using System.Globalization;
using System.Text.Json;
using ControlTower.Simulator.Faults;
using ControlTower.Simulator.Vendor;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>The wire of API v2.0: token, limits, path, answer, errors with their correlation id.</summary>
public sealed class BcApi(Company company, Notifier notifier, TokenIssuer tokens, RequestLimits limits, FaultBoard board)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task HandleAsync(HttpContext context, string rest)
    {
        if (!tokens.Accepts(context.Request.Headers.Authorization))
        {
            await WriteError(context, new BcError(401, "Authentication_InvalidCredentials", "The server has rejected the client credentials."), correlate: false);
            return;
        }

        if (await limits.EnterAsync(context.RequestAborted) is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await WriteError(context, new BcError(429, "Application_TooManyRequests", "Too many requests reached. Retry later."), correlate: false);
            return;
        }

        try
        {
            await Answer(context, rest);
        }
        finally
        {
            limits.Leave();
        }
    }

    private async Task Answer(HttpContext context, string rest)
    {
        var baseUrl = $"{context.Request.Scheme}://{context.Request.Host}/bc/{company.Environment}/api/v2.0";
        try
        {
            if (rest == "$metadata")
            {
                context.Response.ContentType = "application/xml";
                await using var file = VendorFile.Open(VendorFile.BusinessCentralMetadata);
                await file.CopyToAsync(context.Response.Body, context.RequestAborted);
                return;
            }

            var dispatch = new BcDispatch(company, notifier, board, baseUrl);
            var body = await ReadBody(context);
            if (rest == "$batch")
            {
                await Write(context, new BcAnswer(200, await new BcBatch(dispatch).RunAsync(body ?? throw BcError.Bad("The batch body is missing."), context.Request.Headers["Isolation"])));
                return;
            }

            await Write(context, await dispatch.RunAsync(Call(context, rest, body)));
        }
        catch (BcError e)
        {
            await WriteError(context, e);
        }
    }

    private static BcCall Call(HttpContext context, string rest, JsonElement? body)
    {
        var prefer = context.Request.Headers["Prefer"].ToString();
        var size = prefer.Split(',', ';').Select(p => p.Trim()).FirstOrDefault(p => p.StartsWith("odata.maxpagesize=", StringComparison.Ordinal));
        return new BcCall(
            context.Request.Method, Segment.Parse(rest), context.Request.Query.ToDictionary(q => q.Key, q => q.Value.ToString(), StringComparer.Ordinal),
            context.Request.Headers.IfMatch.FirstOrDefault(), size is null ? null : int.Parse(size["odata.maxpagesize=".Length..], CultureInfo.InvariantCulture), body);
    }

    private static async Task<JsonElement?> ReadBody(HttpContext context)
    {
        if (context.Request.Body.Length == 0) return null;
        try
        {
            using var json = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw BcError.Bad("An error occurred while reading from the stream: the request body is not valid JSON.");
        }
    }

    private static async Task Write(HttpContext context, BcAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.Headers["OData-Version"] = "4.0";
        if (answer.Location is not null) context.Response.Headers.Location = answer.Location;
        if (answer.Body is null) return;
        context.Response.ContentType = "application/json; odata.metadata=minimal; odata.streaming=true";
        await JsonSerializer.SerializeAsync(context.Response.Body, answer.Body, Json, context.RequestAborted);
    }

    private static Task WriteError(HttpContext context, BcError error, bool correlate = true)
    {
        var wait = context.Response.Headers.RetryAfter;
        context.Response.Clear();
        context.Response.Headers.RetryAfter = wait;
        return Write(context, new BcAnswer(error.Status, Shape(error, correlate)));
    }

    internal static object Shape(BcError error, bool correlate = true) => new { error = new { code = error.Code, message = correlate ? $"{error.Message}  CorrelationId:  {Guid.NewGuid()}." : error.Message } };
}
