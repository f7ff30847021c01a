using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ControlTower.Web.Api;

/// <summary>Writes problems: never a stack, a statement, a type name or a secret; what was sent is cut to 64 characters.</summary>
public static class Problems
{
    private const int Echo = 64;

    /// <summary>The id to quote: it finds the request in logs and traces.</summary>
    public static string CorrelationId(HttpContext context) => Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;

    /// <summary>Input as it may be repeated in an answer.</summary>
    public static string Cut(string? input) =>
        input is null ? "" : string.Concat((input.Length > Echo ? input[..Echo] + "…" : input).Select(c => char.IsControl(c) ? '\uFFFD' : c));

    public static async Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        if (response.HasStarted)
            return;
        response.StatusCode = problem.Status;
        context.Features.Set(problem);
        response.ContentType = "application/problem+json";
        if (problem.RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await response.WriteAsync(JsonSerializer.Serialize(Body(context, problem), ProblemJson.Default.ProblemBody), context.RequestAborted);
    }

    /// <summary>For endpoints that return results.</summary>
    public static IResult Result(Problem problem) => new ProblemResult(problem);

    private static ProblemBody Body(HttpContext context, Problem problem) => new(
        $"/problems/{problem.Slug}", problem.Title, problem.Status, problem.Detail, Cut(context.Request.Path.Value), CorrelationId(context), problem.Retryable, problem.Errors ?? []);

    private sealed record ProblemResult(Problem Problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, Problem);
    }
}

internal sealed record ProblemBody(
    string Type, string Title, int Status, string Detail, string Instance, string CorrelationId, bool Retryable, IReadOnlyList<FieldError> Errors);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class ProblemJson : JsonSerializerContext;
