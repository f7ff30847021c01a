using System.Net;

namespace ControlTower.Sync.Connectors.Http;

/// <summary>What became of one HTTP request, before anybody asks what the vendor meant by it.</summary>
public abstract record Exchange
{
    /// <summary>A complete answer came back.</summary>
    /// <param name="RetryAfter">From the header, whether seconds or a date; null if absent or unreadable.</param>
    /// <param name="Headers">Response and content headers by case-insensitive name; repeated ones joined by a comma.</param>
    public sealed record Answered(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers, byte[] Body, TimeSpan? RetryAfter) : Exchange
    {
        public bool IsSuccess => (int)Status is >= 200 and < 300;

        /// <summary>True if the body says that it is JSON. Proxies answer in HTML, with any status.</summary>
        public bool IsJson => Headers.TryGetValue("Content-Type", out var type) && type.Contains("json", StringComparison.OrdinalIgnoreCase);

        public string? Header(string name) => Headers.GetValueOrDefault(name);
    }

    /// <summary>The request never reached the vendor: name not found, refused, no TLS. Nothing can have been done.</summary>
    public sealed record NotSent(string Message) : Exchange;

    /// <summary>The request went out, the answer did not come back whole: anything may have been done.</summary>
    public sealed record NoAnswer(string Message) : Exchange
    {
        /// <summary>We stopped listening: the vendor is there, and would say the same again.</summary>
        public bool TooLarge { get; init; }
    }
}
