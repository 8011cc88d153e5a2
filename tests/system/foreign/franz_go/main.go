// franz-go as a command: list|create|configure|produce|consume|member|lag ADDRESS TOPIC GROUP.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ability, address, topic, group string) error {
	options := []kgo.Opt{kgo.SeedBrokers(address)}
	if ability == "consume" || ability == "member" {
		options = append(options, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	}
	if ability == "member" {
		options = append(options, kgo.ConsumerGroup(group), kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(500*time.Millisecond))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	switch ability {
	case "produce":
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			record := &kgo.Record{Topic: topic, Value: []byte(lines.Text())}
			if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
				return err
			}
		}
		return nil
	case "consume":
		ends, err := kadm.NewClient(client).ListEndOffsets(ctx, topic)
		if err != nil {
			return err
		}
		var left int64
		ends.Each(func(end kadm.ListedOffset) { left += end.Offset })
		for left > 0 {
			fetches := client.PollFetches(ctx)
			if err := fetches.Err(); err != nil {
				return err
			}
			fetches.EachRecord(func(record *kgo.Record) { fmt.Println(string(record.Value)); left-- })
		}
		return nil
	case "member":
		for {
			client.PollFetches(context.Background()).EachRecord(func(record *kgo.Record) { fmt.Println(string(record.Value)) })
		}
	}
	return administer(ctx, kadm.NewClient(client), ability, topic, group)
}

func administer(ctx context.Context, admin *kadm.Client, ability, topic, group string) error {
	switch ability {
	case "list":
		topics, err := admin.ListTopics(ctx)
		for _, name := range topics.Names() {
			fmt.Println(name)
		}
		return err
	case "create":
		_, err := admin.CreateTopic(ctx, 2, 1, nil, topic)
		return err
	case "configure":
		value := "3600000"
		changed := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &value}}
		answers, err := admin.AlterTopicConfigs(ctx, changed, topic)
		if err != nil {
			return err
		}
		return answers[0].Err
	case "lag":
		lags, err := admin.Lag(ctx, group)
		if err != nil {
			return err
		}
		described := lags[group]
		fmt.Println(described.Lag.Total())
		return described.Error()
	}
	return fmt.Errorf("unknown: %s", ability)
}
