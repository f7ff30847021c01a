using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Db;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// Writes under an Idempotency-Key, for every POST and PUT of the API in one place: the same key is answered the same for a day, with another request it is refused, and while the first is under way it is told to wait.
/// Only what was done is remembered; a refusal did nothing, and its key is free. A node may die at every line: the claim then runs out, and the write is done again, which changes nothing a second time (see
/// <see cref="ApiWriteStore"/>). Holds carry their key themselves (<see cref="ApiKeyUse.Own"/>).
/// </summary>
internal sealed partial class ApiWrites(RequestDelegate next, ApiWriteStore writes, ILogger<ApiWrites> log)
{
    /// <summary>Of a stored answer.</summary>
    public const string Replayed = "Idempotency-Replayed";

    private static readonly string[] Told = ["Content-Type", "Location", "ETag"];

    public static readonly Problem Running = new(
        "idempotency-key-running", "This is under way", 409, "A request with this Idempotency-Key is under way. Nothing was done by this one. Send it again in a moment.", Retryable: true, RetryAfterSeconds: 2);

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<ApiOperation>() is not { Key: not ApiKeyUse.Own } operation || HttpMethods.IsGet(http.Request.Method) || !ApiKeyScheme.HasKey(http)
            || (operation.Key == ApiKeyUse.May && http.Request.Headers["Idempotency-Key"].Count == 0))
        {
            await next(http);
            return;
        }

        var (key, wrong) = ApiRequest.IdempotencyKey(http);
        if (key is null)
        {
            await Problems.WriteAsync(http, wrong!);
            return;
        }

        var client = ApiKeyScheme.CallerOf(http).Id;
        switch (await writes.ClaimAsync(client, key, await HashAsync(http), http.RequestAborted))
        {
            case ApiWriteClaim.Other:
                await Problems.WriteAsync(http, ApiRequest.Reused);
                break;
            case ApiWriteClaim.Running:
                await Problems.WriteAsync(http, Running);
                break;
            case ApiWriteClaim.Done done:
                await ReplayAsync(http, done);
                break;
            case ApiWriteClaim.Yours yours:
                await DoAsync(http, client, key, yours.Fence);
                break;
        }
    }

    private async Task DoAsync(HttpContext http, Guid client, string key, long fence)
    {
        var (body, kept, done) = (http.Response.Body, new MemoryStream(), false);
        http.Response.Body = kept;
        try
        {
            await next(http);
            done = http.Response.StatusCode is >= 200 and < 300;
        }
        finally
        {
            http.Response.Body = body;
            // What must not be stored, such as an address that is a secret, is not: asked again, it is done again, which changes nothing.
            await EndAsync(http, client, key, fence, done && !http.Response.Headers.CacheControl.ToString().Contains("no-store", StringComparison.Ordinal) ? kept.ToArray() : null);
        }

        http.Response.ContentLength = kept.Length;
        kept.Position = 0;
        await kept.CopyToAsync(body, http.RequestAborted);
    }

    // Not the caller's token: whoever hangs up asks again.
    private async Task EndAsync(HttpContext http, Guid client, string key, long fence, byte[]? answer)
    {
        try
        {
            if (answer is null)
                await writes.FreeAsync(client, key, fence, CancellationToken.None);
            else
                await writes.EndAsync(client, key, fence, http.Response.StatusCode, Headers(http), answer, CancellationToken.None);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            NotEnded(log, error.GetType().Name);
        }
    }

    private static async Task ReplayAsync(HttpContext http, ApiWriteClaim.Done done)
    {
        http.Response.StatusCode = done.Status;
        foreach (var header in JsonDocument.Parse(done.Headers).RootElement.EnumerateObject())
            http.Response.Headers[header.Name] = header.Value.GetString();
        http.Response.Headers[Replayed] = "true";
        await http.Response.Body.WriteAsync(done.Body, http.RequestAborted);
    }

    private static string Headers(HttpContext http) =>
        JsonSerializer.Serialize(Told.Where(http.Response.Headers.ContainsKey).ToDictionary(name => name, name => http.Response.Headers[name].ToString(), StringComparer.Ordinal));

    private static async Task<byte[]> HashAsync(HttpContext http)
    {
        http.Request.EnableBuffering();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}\n"));
        var buffer = new byte[16 * 1024];
        for (int read; (read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0;)
            hash.AppendData(buffer, 0, read);
        http.Request.Body.Position = 0;
        return hash.GetHashAndReset();
    }

    [LoggerMessage(EventId = 3520, Level = LogLevel.Warning, Message = "The end of a write under a key could not be stored ({Error}); the key is free again when its claim has run out")]
    private static partial void NotEnded(ILogger log, string error);
}
