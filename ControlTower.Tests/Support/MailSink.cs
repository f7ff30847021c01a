using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ControlTower.Tests.Support;

/// <summary>A mail that a <see cref="MailSink"/> took.</summary>
public sealed record SunkMail(string From, IReadOnlyList<string> To, string Data)
{
    /// <summary>A header, unfolded; null if there is none.</summary>
    public string? Header(string name)
    {
        var head = Data.Split("\r\n\r\n", 2)[0].Replace("\r\n ", " ", StringComparison.Ordinal).Replace("\r\n\t", " ", StringComparison.Ordinal);
        return head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
    }

    public string Body => Data.Split("\r\n\r\n", 2)[1];
}

/// <summary>A mail server on loopback that speaks as much SMTP as a client needs, without TLS: it takes every mail, or answers as the test says.</summary>
public sealed class MailSink : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource gone = new();
    private readonly Task serving;

    public MailSink()
    {
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        serving = ServeAsync();
    }

    public int Port { get; }

    public ConcurrentQueue<SunkMail> Mails { get; } = new();

    /// <summary>What clients said, but for the mails themselves.</summary>
    public ConcurrentQueue<string> Said { get; } = new();

    /// <summary>The answer to a recipient; null takes them.</summary>
    public Func<string, string?> Recipient { get; set; } = _ => null;

    /// <summary>The user and password that it knows, as AUTH PLAIN sends them; null: nobody has to sign in.</summary>
    public (string User, string Password)? Knows { get; set; }

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        listener.Stop();
        await serving;
        gone.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!gone.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(gone.Token);
                await TalkAsync(client.GetStream());
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException or IOException)
            {
                // The client hung up, or the test is over.
            }
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 sink.test ESMTP");
        var (from, to) = ("", new List<string>());
        while (await reader.ReadLineAsync(gone.Token) is { } line)
        {
            Said.Enqueue(line);
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO":
                    await writer.WriteAsync(Knows is null ? "250-sink.test\r\n250 8BITMIME\r\n" : "250-sink.test\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n");
                    break;
                case "AUTH":
                    await writer.WriteLineAsync(IsKnown(line.Split(' ')[^1]) ? "235 welcome" : "535 who are you");
                    break;
                case "MAIL":
                    (from, to) = (Address(line), []);
                    await writer.WriteLineAsync("250 fine");
                    break;
                case "RCPT":
                    var refusal = Recipient(Address(line));
                    to.AddRange(refusal is null ? [Address(line)] : []);
                    await writer.WriteLineAsync(refusal ?? "250 fine");
                    break;
                case "DATA":
                    await writer.WriteLineAsync("354 go on");
                    Mails.Enqueue(new SunkMail(from, to, await DataAsync(reader)));
                    await writer.WriteLineAsync("250 taken as 4711");
                    break;
                case "QUIT":
                    await writer.WriteLineAsync("221 bye");
                    return;
                default:
                    await writer.WriteLineAsync("250 fine");
                    break;
            }
        }
    }

    private async Task<string> DataAsync(StreamReader reader)
    {
        var data = new StringBuilder();
        while (await reader.ReadLineAsync(gone.Token) is { } line && line != ".")
        {
            data.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }

        return data.ToString();
    }

    private bool IsKnown(string base64) => Knows is { } known && Encoding.UTF8.GetString(Convert.FromBase64String(base64)) == $"\0{known.User}\0{known.Password}";

    private static string Address(string line) => line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)];
}
