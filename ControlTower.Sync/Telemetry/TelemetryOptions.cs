using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Telemetry;

/// <summary>Where traces and metrics go: section <c>Telemetry</c>.</summary>
public sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    public const string Grpc = "grpc";

    public const string HttpProtobuf = "http/protobuf";

    /// <summary>Base address of an OTLP receiver, such as http://127.0.0.1:4317. Empty: nothing is sent.</summary>
    public string OtlpEndpoint { get; init; } = "";

    /// <summary><c>grpc</c> or <c>http/protobuf</c>; with the latter, <c>/v1/traces</c> and <c>/v1/metrics</c> follow the address.</summary>
    public string OtlpProtocol { get; init; } = Grpc;

    /// <summary>Answers Prometheus at <c>/metrics</c>, to API clients with the scope <c>api:metrics:read</c>.</summary>
    public bool Prometheus { get; init; }

    /// <summary>Null if nothing is to be sent, or the address is none.</summary>
    public Uri? Endpoint =>
        Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", Host.Length: > 0, UserInfo: "", Query: "", Fragment: "" } ? uri : null;
}

/// <summary>Reports every wrong key of <see cref="TelemetryOptions"/> at once, each with what to set.</summary>
public sealed class TelemetryOptionsValidator : IValidateOptions<TelemetryOptions>
{
    public ValidateOptionsResult Validate(string? name, TelemetryOptions options)
    {
        List<string> wrong = [];
        if (options.OtlpEndpoint.Length > 0 && options.Endpoint is null)
        {
            // Not repeated: whoever puts a password into it has it in the log.
            wrong.Add("Telemetry:OtlpEndpoint must be an absolute http or https address without user, query or fragment, such as http://127.0.0.1:4317, or empty.");
        }

        if (options.OtlpProtocol is not (TelemetryOptions.Grpc or TelemetryOptions.HttpProtobuf))
        {
            wrong.Add($"Telemetry:OtlpProtocol must be {TelemetryOptions.Grpc} or {TelemetryOptions.HttpProtobuf}.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
