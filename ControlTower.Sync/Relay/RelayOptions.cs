using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Relay;

/// <summary>To which broker the event log is passed on: section <c>Relay</c>.</summary>
public sealed class RelayOptions
{
    public const string Section = "Relay";

    /// <summary>RabbitMQ, such as <c>amqps://broker.example/retail</c>, the path being the virtual host; or Kafka, such as <c>kafkas://broker.example:9093</c>. Empty: nothing is relayed.</summary>
    public string Url { get; init; } = "";

    public string User { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>RabbitMQ's durable topic exchange, or Kafka's topic.</summary>
    public string Exchange { get; init; } = "controltower.events";

    /// <summary>True: the tower makes the exchange or topic where it is missing. False: it must exist, and the tower needs no right to configure.</summary>
    public bool Declare { get; init; } = true;

    /// <summary>RabbitMQ alone. True: an event that no queue takes is not relayed yet. False: the broker may drop it.</summary>
    public bool RequireQueue { get; init; } = true;

    /// <summary><c>source</c> of the events, a URI reference; with their <c>id</c> it is theirs alone, so two towers on one broker need two.</summary>
    public string Source { get; init; } = "/controltower";

    /// <summary>Null if nothing is to be relayed, or the address is none.</summary>
    public Uri? Broker => Uri.TryCreate(Url, UriKind.Absolute, out var uri) && uri is { Scheme: "amqp" or "amqps" or "kafka" or "kafkas", Host.Length: > 0, UserInfo: "", Query: "", Fragment: "" }
        && (!uri.Scheme.StartsWith("kafka", StringComparison.Ordinal) || uri is { Port: > 0, AbsolutePath: "" or "/" }) ? uri : null;

    public bool IsKafka => Broker is { Scheme: "kafka" or "kafkas" };
}

/// <summary>Reports every wrong key of <see cref="RelayOptions"/> at once, each with what to set.</summary>
public sealed class RelayOptionsValidator : IValidateOptions<RelayOptions>
{
    public ValidateOptionsResult Validate(string? name, RelayOptions options)
    {
        List<string> wrong = [];
        if (options.Url.Length > 0 && options.Broker is null)
        {
            // Not repeated: whoever puts a password into it has it in the log.
            wrong.Add("Relay:Url must be an amqp or amqps address without user and query, such as amqps://broker.example/retail, a kafka or kafkas address with its port, such as kafkas://broker.example:9093, or empty.");
        }

        // Kafka inside a closed network often asks for no name.
        if (options.Url.Length > 0 && (options.IsKafka ? options.User.Length == 0 != (options.Password.Length == 0) : options.User.Length == 0 || options.Password.Length == 0))
        {
            wrong.Add("Relay:User and Relay:Password must be set where Relay:Url is.");
        }

        if (options.Exchange.Length is 0 or > 127 || options.Exchange.StartsWith("amq.", StringComparison.Ordinal) || options.Exchange.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.') && (c is not ':' || options.IsKafka)))
        {
            wrong.Add("Relay:Exchange must be a name of up to 127 letters, digits and -_.: (Kafka: no colon) that does not begin with amq.");
        }

        if (options.Source.Length is 0 or > 200 || options.Source.Any(char.IsWhiteSpace) || !Uri.IsWellFormedUriString(options.Source, UriKind.RelativeOrAbsolute))
        {
            wrong.Add("Relay:Source must be a URI or a path of up to 200 characters, such as /controltower.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
