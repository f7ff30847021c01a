using System.Net;

namespace ControlTower.Sync.Connectors.Http;

/// <summary>Sends one request once and says what became of it.</summary>
public static class HttpExchange
{
    /// <summary>Above this an answer counts as not received: no vendor page is that large, and memory is shared.</summary>
    public const int LargestAnswer = 32 * 1024 * 1024;

    /// <summary>
    /// Never throws for what the network or the vendor does; only cancellation of <paramref name="cancel"/> propagates. The request is disposed.
    /// </summary>
    /// <param name="largest">A larger answer counts as not received.</param>
    public static async Task<Exchange> SendOnceAsync(this HttpClient http, HttpRequestMessage request, TimeProvider clock, CancellationToken cancel, int largest = LargestAnswer)
    {
        using var sent = request;
        try
        {
            using var response = await http.SendAsync(sent, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            var body = await ReadAsync(response.Content, largest, cancel).ConfigureAwait(false);
            return body is null
                ? new Exchange.NoAnswer($"The answer is larger than {largest / 1024 / 1024} MiB.") { TooLarge = true }
                : new Exchange.Answered(response.StatusCode, Headers(response), body, RetryAfter(response, clock.GetUtcNow()));
        }
        catch (HttpRequestException failure) when (NeverLeft(failure))
        {
            return new Exchange.NotSent(Describe(failure));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return new Exchange.NoAnswer(Describe(failure));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Exchange.NoAnswer("No answer in time.");
        }
    }

    // These errors happen before the first byte of the request is written, so nothing can have been done.
    private static bool NeverLeft(HttpRequestException failure) => failure.HttpRequestError
        is HttpRequestError.NameResolutionError
        or HttpRequestError.ConnectionError
        or HttpRequestError.SecureConnectionError
        or HttpRequestError.ProxyTunnelError;

    // The message of the exception is kept out: it may name hosts and query strings. The error category is enough to act on, but for our own, which says what to do.
    private static string Describe(Exception failure) => failure switch
    {
        { InnerException: NotReachableException ours } => ours.Message,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "The host name was not found.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "The connection was refused.",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "No secure connection: the certificate or the protocol was not accepted.",
        HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => "The proxy did not connect.",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "The connection was closed before the answer was complete.",
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => "The answer was not valid HTTP.",
        _ => "The connection broke before the answer was complete.",
    };

    private static async Task<byte[]?> ReadAsync(HttpContent content, int largest, CancellationToken cancel)
    {
        if (content.Headers.ContentLength > largest)
        {
            return null;
        }

        var stream = await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var buffer = new MemoryStream((int)(content.Headers.ContentLength ?? 4096));
            var chunk = new byte[16 * 1024];
            int read;
            while ((read = await stream.ReadAsync(chunk, cancel).ConfigureAwait(false)) > 0)
            {
                if (buffer.Length + read > largest)
                {
                    return null;
                }

                buffer.Write(chunk, 0, read);
            }

            return buffer.ToArray();
        }
    }

    private static Dictionary<string, string> Headers(HttpResponseMessage response)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            headers[name] = string.Join(',', values);
        }

        return headers;
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response, DateTimeOffset now) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        // Against the vendor's own clock where it tells it: ours may be ahead of it.
        { Date: { } date } => date - (response.Headers.Date ?? now) is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };
}
